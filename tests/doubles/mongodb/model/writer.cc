#include "doubles/mongodb/model/writer.h"

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/query/diff.h"

namespace dbstow::doubles::mongodb {
namespace {

std::string IdOf(const Document& body) { return Builder().Add(body["_id"]).Finish(); }

Result<void> CheckBody(const Document& body) {
  const Element id = body["_id"];
  DBSTOW_TRY(ValidateBson(body.bytes()));  // an update may have made it too deep
  if (body.bytes().size() > kMaxDocumentBytes) {
    return CommandFailure(kBsonObjectTooLarge, "object to insert too large. size in bytes: " +
                                                   std::to_string(body.bytes().size()) +
                                                   ", max size: 16777216");
  }
  if (id.Is(BsonType::kArray) || id.Is(BsonType::kUndefined) || id.Is(BsonType::kRegex)) {
    return CommandFailure(kInvalidIdField,
                          "The '_id' value cannot be of type " + std::string(TypeName(id.type())));
  }
  return {};
}

Error Conflict() {
  return CommandFailure(kWriteConflict,
                        "Caused by :: Write conflict during plan execution and yielding is "
                        "disabled. :: Please retry your operation or multi-document transaction.");
}

OplogEntry UpdateEntry(const Collection& collection, const Document& before, const Document& after,
                       Writer::LogAs log_as) {
  OplogEntry entry{"u", collection.ns().Full(), collection.uuid(), "", IdOf(after)};
  const auto diff = log_as == Writer::LogAs::kDiff ? MakeDiff(before, after) : std::nullopt;
  if (diff) {
    entry.o = Builder().Add("$v", 2).Add("diff", Document(*diff)).Finish();
  } else {
    entry.o = after.Copy();
  }
  return entry;
}

}  // namespace

Result<void> Writer::CheckUnique(const Collection& collection, const RecordId& record,
                                 const Document& body, const Transaction* transaction) const {
  if (transaction == nullptr) return collection.CheckUnique(record, body);
  const auto own = transaction->by_collection.find(collection.uuid());
  const View view(kLatest, transaction);
  const auto holder = collection.FindById(OrderKey(body["_id"]));
  // Keys freed by the transaction itself are free; those of other documents in unique indexes are
  // checked at commit.
  bool taken = holder && *holder != record && view.Get(collection, *holder) != nullptr;
  if (own != transaction->by_collection.end()) {
    for (const auto& [other, held] : own->second) {
      taken = taken || (other != record && held && collection.ShareUniqueKey(*held, body));
    }
  }
  if (!taken) return {};
  return CommandFailure(kDuplicateKey, "E11000 duplicate key error collection: " +
                                           collection.ns().Full() + " index: _id_ dup key");
}

Result<RecordId> Writer::Insert(Collection& collection, std::string body, const WriteOrigin& origin,
                                Transaction* transaction) {
  DBSTOW_TRY(CheckBody(body));
  const RecordId record = collection.NextRecordId(body);
  // Of a clustered collection the record is the key: it may be another document's.
  DBSTOW_TRY(
      CheckUnique(collection, collection.clustered() ? RecordId() : record, body, transaction));
  const OplogEntry entry{"i", collection.ns().Full(), collection.uuid(), body, IdOf(body)};
  auto shared = std::make_shared<const std::string>(std::move(body));
  if (transaction != nullptr) {
    transaction->Add(collection, record, std::move(shared));
    std::string fields = OperationFields(entry);
    if (transaction->vectored && origin.IsOfSession()) {
      fields = Builder(Document(fields)).Add("stmtId", origin.statement).Finish();
    }
    transaction->operations.push_back(std::move(fields));
    return record;
  }
  catalog_.Put(collection, record, std::move(shared), oplog_.Append(entry, origin));
  EnforceCap(collection);
  return record;
}

Result<void> Writer::Update(Collection& collection, const RecordId& record, std::string after,
                            LogAs log_as, const WriteOrigin& origin, Transaction* transaction) {
  DBSTOW_TRY(CheckBody(after));
  DBSTOW_TRY(CheckUnique(collection, record, after, transaction));
  if (transaction != nullptr && collection.ChangedAt(record) > transaction->read_at) {
    return Conflict();
  }
  const Body before = View(kLatest, transaction).Get(collection, record);
  const OplogEntry entry = UpdateEntry(collection, *before, after, log_as);
  auto shared = std::make_shared<const std::string>(std::move(after));
  if (transaction != nullptr) {
    transaction->Add(collection, record, std::move(shared));
    transaction->operations.push_back(OperationFields(entry));
    return {};
  }
  catalog_.Put(collection, record, std::move(shared), oplog_.Append(entry, origin));
  EnforceCap(collection);
  return {};
}

Result<void> Writer::Remove(Collection& collection, const RecordId& record,
                            const WriteOrigin& origin, Transaction* transaction) {
  if (transaction != nullptr && collection.ChangedAt(record) > transaction->read_at) {
    return Conflict();
  }
  const Body before = View(kLatest, transaction).Get(collection, record);
  const OplogEntry entry{"d", collection.ns().Full(), collection.uuid(), IdOf(*before), ""};
  if (transaction != nullptr) {
    transaction->Add(collection, record, nullptr);
    transaction->operations.push_back(OperationFields(entry));
    return {};
  }
  catalog_.Put(collection, record, nullptr, oplog_.Append(entry, origin));
  return {};
}

Result<Timestamp> Writer::Commit(const Transaction& transaction, const WriteOrigin& origin) {
  for (const auto& [uuid, records] : transaction.by_collection) {
    Collection* collection = catalog_.FindByUuid(uuid);
    if (collection == nullptr) return Conflict();
    for (const auto& [record, body] : records) {
      if (collection->ChangedAt(record) > transaction.read_at) return Conflict();
      if (!body) continue;
      // A key that this transaction frees elsewhere is no conflict.
      const auto holder = collection->FindById(OrderKey(Document(*body)["_id"]));
      const auto freed = holder ? records.find(*holder) : records.end();
      const bool frees = freed != records.end() && !freed->second;
      if (!frees && !collection->CheckUnique(record, *body)) return Conflict();
    }
  }
  if (transaction.writes.empty()) return catalog_.clock().last();
  // As large as the server lets a transaction's entry become before it starts another.
  constexpr std::size_t kMaxEntry = kMaxDocumentBytes - 4096;
  Timestamp at;
  std::size_t next = 0;
  while (next < transaction.operations.size()) {
    ArrayBuilder operations;
    const std::size_t first = next;
    while (next < transaction.operations.size() &&
           (next == first || operations.size() + transaction.operations[next].size() < kMaxEntry)) {
      operations.Add(Document(transaction.operations[next++]));
    }
    const std::string list = operations.Finish();
    Builder o;
    o.Add("applyOps", Array{Document(list)});
    const bool last = next == transaction.operations.size();
    if (!last) o.Add("partialTxn", true);
    if (last && first > 0) o.Add("count", static_cast<std::int64_t>(next));
    at = oplog_.Append({"c", "admin.$cmd", "", o.Finish(), "", transaction.vectored}, origin);
  }
  for (const Transaction::Write& write : transaction.writes) {
    Collection* collection = catalog_.FindByUuid(write.collection_uuid);
    catalog_.Put(*collection, write.record, write.body, at);
  }
  return at;
}

void Writer::EnforceCap(Collection& collection) {
  while (collection.OverCap()) {
    const auto oldest = View().Next(collection, nullptr, View::Direction::kForward);
    if (!oldest) return;
    const OplogEntry entry{"d", collection.ns().Full(), collection.uuid(), IdOf(*oldest->second),
                           ""};
    catalog_.Put(collection, oldest->first, nullptr, oplog_.Append(entry));
  }
}

}  // namespace dbstow::doubles::mongodb
