#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doubles/mongodb/model/oplog.h"
#include "doubles/mongodb/model/transaction.h"

namespace dbstow::doubles::mongodb {

/// Every change of collections and documents: made in the catalogue and written to the oplog, in
/// one step. Within a transaction documents are only gathered. Not thread-safe.
class Writer {
 public:
  Writer(Catalog& catalog, Oplog& oplog) : catalog_(catalog), oplog_(oplog) {}

  // Documents. `transaction` may be null.
  /// `body` has an `_id`. Errors: DuplicateKey, BSONObjectTooLarge, InvalidIdField.
  [[nodiscard]] Result<RecordId> Insert(Collection& collection, std::string body,
                                        const WriteOrigin& origin = {},
                                        Transaction* transaction = nullptr);
  /// `replaces` says whether the whole document is logged, or its diff. Errors: as Insert;
  /// WriteConflict in a transaction.
  enum class LogAs { kDiff, kReplacement };
  [[nodiscard]] Result<void> Update(Collection& collection, const RecordId& record,
                                    std::string after, LogAs log_as, const WriteOrigin& origin = {},
                                    Transaction* transaction = nullptr);
  /// Errors: WriteConflict in a transaction.
  [[nodiscard]] Result<void> Remove(Collection& collection, const RecordId& record,
                                    const WriteOrigin& origin = {},
                                    Transaction* transaction = nullptr);
  /// Makes all writes of a transaction at once. Errors: WriteConflict.
  [[nodiscard]] Result<Timestamp> Commit(const Transaction& transaction, const WriteOrigin& origin);

  // Collections.
  /// `options` as `create` has them, without the name. A fresh uuid unless one is given. Errors:
  /// NamespaceExists, InvalidNamespace.
  [[nodiscard]] Result<Collection*> Create(const Namespace& ns, const Document& options,
                                           const std::string& uuid = "");
  /// The collection, made when it is missing. Errors: as Create; CommandNotSupportedOnView.
  [[nodiscard]] Result<Collection*> FindOrCreate(const Namespace& ns);
  void Drop(Collection& collection);
  void DropDatabase(const std::string& db);
  /// Drops the collection `to` when there is one. Across databases the documents move one by one,
  /// as the server does it. Errors: as Create.
  [[nodiscard]] Result<void> Rename(Collection& collection, const Namespace& to);
  /// `changes` as collMod has them, already checked; `options` the new ones.
  void Modify(Collection& collection, const Document& changes, std::string options);
  /// Full specs. Errors: DuplicateKey, then none is added.
  [[nodiscard]] Result<void> AddIndexes(Collection& collection,
                                        const std::vector<std::string>& specs);
  void DropIndex(Collection& collection, const std::string& name);

 private:
  [[nodiscard]] Result<void> CheckUnique(const Collection& collection, const RecordId& record,
                                         const Document& body,
                                         const Transaction* transaction) const;
  void EnforceCap(Collection& collection);
  void LogCommand(const Collection& collection, std::string o, std::string o2 = "");
  [[nodiscard]] Result<void> MoveToOtherDatabase(Collection& collection, const Namespace& to);

  Catalog& catalog_;
  Oplog& oplog_;
};

/// The spec of the index that every ordinary collection has.
[[nodiscard]] std::string IdIndexSpec();

}  // namespace dbstow::doubles::mongodb
