#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dbstow/core/result.h"
#include "doubles/snowflake/model/catalog_view.h"
#include "doubles/snowflake/model/query_record.h"

namespace dbstow::doubles::snowflake {

class StateFile;
class Change;

enum class Edition { kStandard, kEnterprise };

/// The account's objects, rows and commits; kept in a file, so that a killed server comes back with
/// exactly what it acknowledged. Not thread-safe.
class Catalog : public CatalogView {
 public:
  /// Reads the state of `file`; an empty one gets the account with its built-in roles.
  [[nodiscard]] static Result<std::unique_ptr<Catalog>> Open(StateFile& file, Edition edition,
                                                             Nanos now);

  [[nodiscard]] const ObjectMap& objects() const override { return objects_; }
  [[nodiscard]] const Partition* FindPartition(Id id) const override;
  [[nodiscard]] const std::vector<CommitRecord>& commits() const override { return commits_; }
  [[nodiscard]] bool is_enterprise() const override { return edition_ == Edition::kEnterprise; }

  /// Makes the change durable and visible, with the record of the statement that made it.
  /// Errors: IOError; then nothing has changed.
  [[nodiscard]] Result<void> Commit(Change change, const QueryRecord& query);

 private:
  friend class Change;
  Catalog(StateFile& file, Edition edition) : file_(file), edition_(edition) {}
  [[nodiscard]] Result<void> MakeAccount(Nanos now);

  StateFile& file_;
  const Edition edition_;
  ObjectMap objects_;
  PartitionMap partitions_;
  std::vector<CommitRecord> commits_;
  Id next_id_ = kAccountId;
};

/// What one statement does to the catalogue, seen by nobody else until `Catalog::Commit`.
class Change : public CatalogView {
 public:
  Change(const Catalog& catalog, Nanos now);

  [[nodiscard]] const ObjectMap& objects() const override { return objects_; }
  [[nodiscard]] const Partition* FindPartition(Id id) const override;
  [[nodiscard]] const std::vector<CommitRecord>& commits() const override {
    return catalog_->commits();
  }
  [[nodiscard]] bool is_enterprise() const override { return catalog_->is_enterprise(); }

  [[nodiscard]] Version version() const { return version_; }
  [[nodiscard]] Nanos now() const { return now_; }
  [[nodiscard]] bool empty() const { return changed_.empty(); }

  /// A private copy of the object, which becomes the object on commit.
  Object& Edit(Id id);
  Object& Create(ObjectKind kind, Id container, const std::string& name, Id owner);
  /// Takes the object away from its place; UNDROP can bring it back while retention lasts.
  void Drop(Id id);
  void Undrop(Id id, const std::string& name);
  void Move(Id id, Id container, const std::string& name);
  /// Two objects of one kind take each other's place.
  void Swap(Id a, Id b);

  /// Rows into a table as a new partition.
  void AddRows(Object& table, Partition partition);
  /// Takes a partition out of a table.
  void RemovePartition(Object& table, Id partition);
  /// Fixes what of the object's history is already lost, before its retention changes.
  void FreezeHistory(const Object& object);

 private:
  friend class Catalog;
  void Place(Object& object, Id container, const std::string& name, bool live);

  const Catalog* catalog_;
  ObjectMap objects_;
  PartitionMap partitions_;
  std::set<Id> changed_;
  Id next_id_;
  Version version_;
  Nanos now_;
};

}  // namespace dbstow::doubles::snowflake
