#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dbstow::postgres {

/// When an entry is restored. The numbers are those of the archive format.
enum class PgSection { kNone = 1, kPreData = 2, kData = 3, kPostData = 4 };

/// One line of an archive's table of contents: an object, its DDL and its place in the order.
/// A field that the archive holds as NULL is empty here, but where "" means something else.
struct PgArchiveEntry {
  std::int32_t dump_id = 0;       ///< positive, unique within the archive
  bool has_data = false;          ///< TABLE DATA and BLOBS entries: bytes belong to it
  std::uint32_t catalog_oid = 0;  ///< the catalog that `oid` is a row of (1259: pg_class)
  std::uint32_t oid = 0;          ///< in the source database; 0 for entries that are no object
  std::string tag;                ///< the name for people: "orders", "orders orders_pkey"
  std::string desc;               ///< the kind: "TABLE", "FK CONSTRAINT", "TABLE DATA", …
  PgSection section = PgSection::kNone;
  std::string defn;  ///< the DDL; several statements, owner and grants not included
  std::string drop;
  std::string copy_stmt;                  ///< TABLE DATA: "COPY … FROM stdin;\n"
  std::string namespace_name;             ///< unquoted schema, empty for objects outside of schemas
  std::optional<std::string> tablespace;  ///< "": set default_tablespace to the database's own
  std::optional<std::string> table_am;    ///< table access method to select before the DDL
  std::int32_t relkind = 0;               ///< format 1.16 and later: a pg_class.relkind letter
  std::string owner;                      ///< unquoted role; empty: none to set
  std::vector<std::int32_t> dependencies;  ///< dump ids; may name entries that are not there
  std::string data_file;                   ///< directory format: name of the data file
  /// Which of defn, drop, copy_stmt, namespace_name and owner were NULL; kept so that an archive is
  /// written as it was read.
  std::uint8_t null_fields = 0xff;
};

/// The header and the table of contents of a pg_dump archive.
struct PgArchive {
  int format_major = 1;
  int format_minor = 14;
  std::string database;                 ///< name of the dumped database
  std::string server_version;           ///< "15.20 (Debian …)"
  std::string dump_version;             ///< of the pg_dump that wrote it
  std::vector<PgArchiveEntry> entries;  ///< in restore order

  /// The entries of one section, in restore order. The pointers live as long as `entries` is not
  /// changed.
  [[nodiscard]] std::vector<const PgArchiveEntry*> Section(PgSection section) const;
  /// The largest dump id in use, 0 when there is none.
  [[nodiscard]] std::int32_t MaxDumpId() const;
};

/// Looks entries up by id, in both directions of dependency. Refers to the archive, whose entries
/// must not be added, removed or moved while the index is used.
class PgArchiveIndex {
 public:
  explicit PgArchiveIndex(const PgArchive& archive);
  /// Null when there is no such entry.
  [[nodiscard]] const PgArchiveEntry* Find(std::int32_t dump_id) const;
  /// The entry of the object itself, not of its comment, ACL or data.
  [[nodiscard]] const PgArchiveEntry* FindObject(std::uint32_t catalog_oid,
                                                 std::uint32_t oid) const;
  /// Those entries which name `dump_id` as a dependency, in restore order.
  [[nodiscard]] const std::vector<const PgArchiveEntry*>& DependentsOf(std::int32_t dump_id) const;
  [[nodiscard]] std::vector<const PgArchiveEntry*> DependenciesOf(
      const PgArchiveEntry& entry) const;

 private:
  std::map<std::int32_t, const PgArchiveEntry*> by_id_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, const PgArchiveEntry*> by_object_;
  std::map<std::int32_t, std::vector<const PgArchiveEntry*>> dependents_;
  std::vector<const PgArchiveEntry*> none_;
};

}  // namespace dbstow::postgres
