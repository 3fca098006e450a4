#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doubles/mongodb/bson/element.h"
#include "doubles/mongodb/model/namespace.h"

namespace dbstow::doubles::mongodb {

using Body = std::shared_ptr<const std::string>;
/// Orders the records of a collection: 8 big-endian bytes, or the key of `_id` when clustered.
using RecordId = std::string;

inline constexpr std::uint64_t kLatest = std::numeric_limits<std::uint64_t>::max();

/// The states of one document, oldest first; a null body means removed.
struct Record {
  struct Version {
    std::uint64_t from = 0;  ///< timestamp from which it holds
    Body body;
  };
  std::vector<Version> versions;

  [[nodiscard]] Body At(std::uint64_t timestamp) const;
};

struct Index {
  std::string name;
  std::string spec;                             ///< as listIndexes shows it
  std::map<std::string, RecordId> unique_keys;  ///< kept for unique indexes only

  [[nodiscard]] Document pattern() const { return Document(spec)["key"].AsDocument(); }
  [[nodiscard]] bool unique() const { return Document(spec)["unique"].Truthy(); }
};

/// What the catalogue says of a collection, and its documents with their recent past. Knows nothing
/// of the oplog or the disk. Not thread-safe.
class Collection {
 public:
  Collection(std::int64_t id, Namespace ns, std::string uuid, std::string options);

  [[nodiscard]] std::int64_t id() const { return id_; }
  [[nodiscard]] const Namespace& ns() const { return ns_; }
  [[nodiscard]] const std::string& uuid() const { return uuid_; }
  [[nodiscard]] Document options() const { return options_; }
  void set_ns(Namespace ns) { ns_ = std::move(ns); }
  void set_options(std::string options);
  [[nodiscard]] bool clustered() const { return clustered_; }
  [[nodiscard]] bool capped() const { return capped_; }

  [[nodiscard]] const std::vector<Index>& indexes() const { return indexes_; }
  [[nodiscard]] const Index* FindIndex(std::string_view name) const;
  [[nodiscard]] const Index* FindIndexByKey(const Document& pattern) const;
  /// Builds it over the documents. Errors: DuplicateKey.
  [[nodiscard]] Result<void> AddIndex(std::string spec);
  void RemoveIndex(std::string_view name);
  void ReplaceIndexSpec(std::string_view name, std::string spec);

  /// Everything but documents, for the disk.
  [[nodiscard]] std::string Describe() const;
  [[nodiscard]] static Result<Collection> FromDescription(std::int64_t id, Document description);

  [[nodiscard]] const std::map<RecordId, Record>& records() const { return records_; }
  [[nodiscard]] Body Get(const RecordId& record, std::uint64_t timestamp = kLatest) const;
  /// The timestamp of the newest change of a record; 0 when there is none.
  [[nodiscard]] std::uint64_t ChangedAt(const RecordId& record) const;
  /// By the order key of its `_id`.
  [[nodiscard]] std::optional<RecordId> FindById(const std::string& id_key) const;
  /// From the order key of `_id` to the record, latest state.
  [[nodiscard]] const std::map<std::string, RecordId>& ids() const { return ids_; }
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }
  /// True while more is in it than a capped collection may hold.
  [[nodiscard]] bool OverCap() const;

  /// A fresh record id for `body`.
  [[nodiscard]] RecordId NextRecordId(const Document& body);
  /// Errors: DuplicateKey when another record than `record` holds a unique key of `body`.
  [[nodiscard]] Result<void> CheckUnique(const RecordId& record, const Document& body) const;
  /// Whether two documents cannot both be there.
  [[nodiscard]] bool ShareUniqueKey(const Document& left, const Document& right) const;
  /// Makes `body` (null: none) the state of `record` from `timestamp` on, and forgets states that
  /// no reader at or after `oldest` can see.
  void Put(const RecordId& record, Body body, std::uint64_t timestamp, std::uint64_t oldest);
  /// Forgets states of `record` that no reader at or after `oldest` can see.
  void Forget(const RecordId& record, std::uint64_t oldest);

 private:
  void AddKeys(const RecordId& record, const Document& body);
  void RemoveKeys(const RecordId& record, const Document& body);

  std::int64_t id_;
  Namespace ns_;
  std::string uuid_;
  std::string options_;
  bool clustered_ = false;
  bool capped_ = false;
  std::int64_t max_bytes_ = 0;
  std::int64_t max_count_ = 0;
  std::vector<Index> indexes_;
  std::map<RecordId, Record> records_;
  std::map<std::string, RecordId> ids_;
  std::int64_t count_ = 0;
  std::int64_t bytes_ = 0;
  std::uint64_t next_record_ = 1;
};

[[nodiscard]] RecordId RecordIdFromNumber(std::uint64_t number);
[[nodiscard]] std::uint64_t NumberFromRecordId(const RecordId& record);

}  // namespace dbstow::doubles::mongodb
