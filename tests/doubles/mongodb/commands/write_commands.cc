#include <algorithm>
#include <limits>
#include <span>

#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/commands/source.h"
#include "doubles/mongodb/commands/validation.h"
#include "doubles/mongodb/model/ids.h"
#include "doubles/mongodb/model/time_series.h"
#include "doubles/mongodb/query/update.h"
#include "doubles/mongodb/server/version.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::size_t kMaxWriteBatch = 100000;

/// The errors of single statements, as the reply lists them.
class WriteErrors {
 public:
  void Add(std::int32_t index, const Error& error, const Document& document) {
    Builder entry;
    entry.Add("index", index).Add("code", CodeOf(error));
    if (CodeOf(error) == kDocumentValidationFailure) {
      Builder info;
      if (const Element id = document["_id"]) info.Add("failingDocumentId", id);
      const std::string made = info.Finish();
      entry.Add("errInfo", Document(made));
    }
    if (CodeOf(error) == kDuplicateKey) {
      const std::string pattern = Builder().Add("_id", 1).Finish();
      entry.Add("keyPattern", Document(pattern));
      Builder value;
      if (const Element id = document["_id"]) value.Add("_id", id);
      const std::string made = value.Finish();
      entry.Add("keyValue", Document(made));
    }
    entry.String("errmsg", error.message());
    const std::string made = entry.Finish();
    list_.Add(Document(made));
  }
  void AddTo(Builder& reply) {
    if (list_.count() == 0) return;
    const std::string made = list_.Finish();
    reply.Add("writeErrors", Array{Document(made)});
  }

 private:
  ArrayBuilder list_;
};

Result<Document> Statements(const Context& context, std::string_view name) {
  const Element list = context.command[name];
  if (!list.Is(BsonType::kArray)) {
    constexpr int kMissing = 40414;
    return CommandFailure(kMissing, "BSON field '" + std::string(context.target().name()) + "." +
                                        std::string(name) + "' is missing but a required field");
  }
  const std::size_t count = list.AsDocument().Count();
  if (count == 0 || count > kMaxWriteBatch) {
    return CommandFailure(kInvalidLength, "Write batch sizes must be between 1 and 100000. Got " +
                                              std::to_string(count) + " operations.");
  }
  for (const Element& statement : list.AsDocument()) {
    if (!statement.Is(BsonType::kObject)) {
      return CommandFailure(kTypeMismatch,
                            "BSON field '" + std::string(context.target().name()) + "." +
                                std::string(name) + "." + std::string(statement.name()) +
                                "' is the wrong type '" + std::string(TypeName(statement.type())) +
                                "', expected type 'object'");
    }
  }
  return list.AsDocument();
}

/// `_id` first (made when missing), and empty timestamps of the top level set to now.
std::string PrepareForInsert(Context& context, const Document& document, bool keep_empty_ts) {
  Builder out;
  if (const Element id = document["_id"]) {
    out.Add(id);
  } else {
    const auto seconds = static_cast<std::uint32_t>(context.catalog().clock().NowMs() / 1000);
    out.Add("_id", ObjectId{NewObjectId(seconds)});
  }
  for (const Element& field : document) {
    if (field.name() == "_id") continue;
    if (!keep_empty_ts && field.Is(BsonType::kTimestamp) && field.AsTimestamp().value == 0) {
      out.Add(field.name(), context.catalog().clock().Tick());
    } else {
      out.Add(field);
    }
  }
  return out.Finish();
}

/// What keeps the statements of one command together.
struct Batch {
  Collection* collection;
  bool bypass_validation;
  bool keep_empty_ts;
};

Result<Batch> OpenBatch(Context& context, const Namespace& ns) {
  if (context.transaction == nullptr) {
    DBSTOW_TRY(CheckDatabaseName(ns.db));
  }
  if (ns.IsOplog()) return CommandFailure(kInvalidNamespace, "cannot write to 'local.oplog.rs'");
  DBSTOW_ASSIGN(const bool bypass, BypassesValidation(context, ns));
  Collection* collection = context.catalog().Find(ns);
  if (!context.catalog().FindView(ns).empty()) {
    return CommandFailure(kCommandNotSupportedOnView,
                          "Namespace " + ns.Full() + " is a view, not a collection");
  }
  if (context.transaction != nullptr && collection != nullptr && collection->capped()) {
    return CommandFailure(kOperationNotSupportedInTransaction,
                          "Collection '" + ns.Full() +
                              "' is a capped collection. Writes in transactions are not allowed "
                              "on capped collections.");
  }
  return Batch{collection, bypass, context.command["bypassEmptyTsReplacement"].Truthy()};
}

Result<void> InsertOne(Context& context, const Batch& batch, const Document& document,
                       std::int32_t statement) {
  std::string body = PrepareForInsert(context, document, batch.keep_empty_ts);
  DBSTOW_TRY(CheckBucket(*batch.collection, body));
  if (!batch.bypass_validation) {
    DBSTOW_TRY(CheckValidator(*batch.collection, body, nullptr));
  }
  WriteOrigin origin = context.origin;
  origin.statement = statement;
  DBSTOW_TRY(context.node.writer().Insert(*batch.collection, std::move(body), origin,
                                          context.transaction));
  return {};
}

/// As 8.0 does it in a replica set: the documents from `first` on are inserted at once and are one
/// entry of the oplog. Returns how many; 0 when they have to be inserted one by one.
std::size_t InsertTogether(Context& context, const Batch& batch,
                           const std::vector<Document>& documents, std::size_t first) {
  constexpr std::size_t kMostDocuments = 500;
  constexpr std::size_t kMostBytes = std::size_t{256} * 1024;
  if (!context.node.in_replica_set() || !AtLeast(context.node.options().version, {8, 0, 0}) ||
      context.transaction != nullptr || batch.collection->capped()) {
    return 0;
  }
  Transaction group;
  group.vectored = true;
  group.read_at = context.catalog().clock().last().value;
  Context inner = context;
  inner.transaction = &group;
  std::size_t bytes = 0;
  std::size_t next = first;
  while (next < documents.size() && next - first < kMostDocuments) {
    bytes += documents[next].bytes().size();
    if (bytes > kMostBytes) break;
    if (!InsertOne(inner, batch, documents[next], static_cast<std::int32_t>(next))) return 0;
    ++next;
  }
  const std::size_t count = next - first;
  if (count < 2 || !context.node.writer().Commit(group, context.origin)) return 0;
  return count;
}

/// Into the newest bucket that takes it, or a new one.
Result<void> InsertMeasurement(Context& context, const TimeSeries& series, Collection& buckets,
                               const Document& document) {
  const std::string body = PrepareForInsert(context, document, true);
  const View view = context.view();
  std::optional<std::pair<RecordId, Body>> at;
  while ((at = view.Next(buckets, at ? &at->first : nullptr, View::Direction::kBackward))) {
    if (auto extended = series.Extend(*at->second, body)) {
      return context.node.writer().Update(buckets, at->first, std::move(*extended),
                                          Writer::LogAs::kDiff, context.origin,
                                          context.transaction);
    }
  }
  DBSTOW_ASSIGN(std::string bucket, series.NewBucket(body));
  DBSTOW_TRY(context.node.writer().Insert(buckets, std::move(bucket), context.origin,
                                          context.transaction));
  return {};
}

/// The collection of buckets behind a time series; null for any other name.
Collection* BucketsOf(Context& context, const Namespace& ns) {
  const std::string view = context.catalog().FindView(ns);
  if (view.empty()) return nullptr;
  const std::string source{Document(view)["viewOn"].AsString()};
  if (source.rfind(kBucketsPrefix, 0) != 0) return nullptr;
  return context.catalog().Find({ns.db, source});
}

Result<void> Insert(Context& context, Builder& reply) {
  DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespace());
  DBSTOW_ASSIGN(const Document documents, Statements(context, "documents"));
  Collection* const buckets = BucketsOf(context, ns);
  Batch batch{buckets, true, false};
  std::optional<TimeSeries> series;
  if (buckets != nullptr) {
    DBSTOW_ASSIGN(series, TimeSeries::Parse(buckets->options()["timeseries"]));
  } else {
    DBSTOW_ASSIGN(batch, OpenBatch(context, ns));
    if (batch.collection == nullptr) {
      DBSTOW_ASSIGN(batch.collection, context.node.writer().FindOrCreate(ns));
    }
  }
  const bool ordered = !context.command.Has("ordered") || context.command["ordered"].Truthy();
  std::vector<Document> all;
  for (const Element& document : documents) all.push_back(document.AsDocument());
  WriteErrors errors;
  std::size_t inserted = 0;
  std::size_t next = 0;
  bool together = !series;
  while (next < all.size()) {
    const std::size_t count = together ? InsertTogether(context, batch, all, next) : 0;
    together = count > 0;
    inserted += count;
    next += count;
    if (count > 0) continue;
    const auto index = static_cast<std::int32_t>(next);
    const Document& document = all[next++];
    const Result<void> outcome = series ? InsertMeasurement(context, *series, *buckets, document)
                                        : InsertOne(context, batch, document, index);
    if (outcome) {
      ++inserted;
    } else {
      if (context.transaction != nullptr) return outcome;
      errors.Add(index, outcome.error(), document);
      if (ordered) break;
    }
  }
  reply.Add("n", static_cast<std::int32_t>(inserted));
  errors.AddTo(reply);
  return {};
}

Result<void> CheckStatementFields(const Context& context, const Document& statement,
                                  std::span<const std::string_view> known) {
  for (const Element& field : statement) {
    if (std::find(known.begin(), known.end(), field.name()) != known.end()) continue;
    constexpr int kUnknownField = 40415;
    const std::string command(context.target().name());
    return CommandFailure(kUnknownField, "BSON field '" + command + "." + command + "s." +
                                             std::string(field.name()) + "' is an unknown field.");
  }
  return {};
}

/// Records that a statement selects by `q` and `hint`. Errors: BadValue for an unknown hint.
Result<std::vector<RecordId>> Select(const Context& context, const Collection* collection,
                                     const Document& statement, bool only_first) {
  DBSTOW_TRY(CheckCollation(statement["collation"]));
  DBSTOW_ASSIGN(FindRequest request,
                FindRequest::Of(statement["q"].AsDocument(), statement["hint"]));
  if (collection == nullptr) return std::vector<RecordId>();
  return Cursor::Select(std::move(request), *collection, context.view(),
                        only_first ? 1 : std::numeric_limits<std::size_t>::max());
}

struct UpdateCounts {
  std::int32_t matched = 0;
  std::int32_t modified = 0;
  ArrayBuilder upserted;
};

Result<void> Upsert(Context& context, Batch& batch, const Namespace& ns, const Update& update,
                    const Document& filter, std::int32_t index, UpdateCounts& counts) {
  if (batch.collection == nullptr) {
    DBSTOW_ASSIGN(batch.collection, context.node.writer().FindOrCreate(ns));
  }
  DBSTOW_ASSIGN(const std::string made, update.ForInsert(filter));
  const std::string body = PrepareForInsert(context, made, batch.keep_empty_ts);
  DBSTOW_TRY(InsertOne(context, batch, body, index));
  const std::string entry =
      Builder().Add("index", index).Add("_id", Document(body)["_id"]).Finish();
  counts.upserted.Add(Document(entry));
  ++counts.matched;
  return {};
}

constexpr std::string_view kUpdateFields[] = {"q",         "u",    "multi", "upsert",
                                              "collation", "hint", "c",     "arrayFilters"};
constexpr std::string_view kDeleteFields[] = {"q", "limit", "collation", "hint"};

Result<void> UpdateOne(Context& context, Batch& batch, const Namespace& ns,
                       const Document& statement, std::int32_t index, UpdateCounts& counts) {
  DBSTOW_TRY(CheckStatementFields(context, statement, kUpdateFields));
  DBSTOW_TRY(RefuseOptions(statement, {"arrayFilters", "c"}));
  DBSTOW_ASSIGN(const Update update, Update::Parse(statement["u"]));
  const bool multi = statement["multi"].Truthy();
  if (multi && update.replaces()) {
    return CommandFailure(kFailedToParse,
                          "multi update is not supported for replacement-style "
                          "update");
  }
  DBSTOW_ASSIGN(const std::vector<RecordId> records,
                Select(context, batch.collection, statement, !multi));
  for (const RecordId& record : records) {
    const Body before = context.view().Get(*batch.collection, record);
    DBSTOW_ASSIGN(std::string after, update.Apply(*before));
    ++counts.matched;
    // As views: of two strings GCC 12 says falsely that the comparison reads too far.
    if (std::string_view(after) == std::string_view(*before)) continue;
    const Document old(*before);
    DBSTOW_TRY(CheckBucket(*batch.collection, after));
    if (!batch.bypass_validation) DBSTOW_TRY(CheckValidator(*batch.collection, after, &old));
    WriteOrigin origin = context.origin;
    origin.statement = index;
    DBSTOW_TRY(context.node.writer().Update(
        *batch.collection, record, std::move(after),
        update.replaces() ? Writer::LogAs::kReplacement : Writer::LogAs::kDiff, origin,
        context.transaction));
    ++counts.modified;
  }
  if (records.empty() && statement["upsert"].Truthy()) {
    return Upsert(context, batch, ns, update, statement["q"].AsDocument(), index, counts);
  }
  return {};
}

Result<void> RunUpdate(Context& context, Builder& reply) {
  DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespace());
  DBSTOW_TRY(RefuseOptions(context.command, {"let"}));
  DBSTOW_ASSIGN(const Document updates, Statements(context, "updates"));
  DBSTOW_ASSIGN(Batch batch, OpenBatch(context, ns));
  const bool ordered = !context.command.Has("ordered") || context.command["ordered"].Truthy();
  WriteErrors errors;
  UpdateCounts counts;
  std::int32_t index = 0;
  for (const Element& statement : updates) {
    const Result<void> outcome =
        UpdateOne(context, batch, ns, statement.AsDocument(), index, counts);
    if (!outcome) {
      if (context.transaction != nullptr) return outcome;
      errors.Add(index, outcome.error(), statement.AsDocument()["q"].AsDocument());
      if (ordered) break;
    }
    ++index;
  }
  reply.Add("n", counts.matched).Add("nModified", counts.modified);
  if (counts.upserted.count() > 0) {
    const std::string list = counts.upserted.Finish();
    reply.Add("upserted", Array{Document(list)});
  }
  errors.AddTo(reply);
  return {};
}

Result<void> DeleteOne(Context& context, const Batch& batch, const Document& statement,
                       std::int32_t index, std::int32_t& removed) {
  DBSTOW_TRY(CheckStatementFields(context, statement, kDeleteFields));
  const std::int64_t limit = statement["limit"].AsInt64();
  if (!statement["limit"].IsNumber() || (limit != 0 && limit != 1)) {
    return CommandFailure(kFailedToParse, "The limit field in delete objects must be 0 or 1. Got " +
                                              std::to_string(limit));
  }
  DBSTOW_ASSIGN(const std::vector<RecordId> records,
                Select(context, batch.collection, statement, limit == 1));
  for (const RecordId& record : records) {
    WriteOrigin origin = context.origin;
    origin.statement = index;
    DBSTOW_TRY(
        context.node.writer().Remove(*batch.collection, record, origin, context.transaction));
    ++removed;
  }
  return {};
}

Result<void> Delete(Context& context, Builder& reply) {
  DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespace());
  DBSTOW_TRY(RefuseOptions(context.command, {"let"}));
  DBSTOW_ASSIGN(const Document deletes, Statements(context, "deletes"));
  DBSTOW_ASSIGN(const Batch batch, OpenBatch(context, ns));
  const bool ordered = !context.command.Has("ordered") || context.command["ordered"].Truthy();
  WriteErrors errors;
  std::int32_t index = 0;
  std::int32_t removed = 0;
  for (const Element& statement : deletes) {
    const Result<void> outcome = DeleteOne(context, batch, statement.AsDocument(), index, removed);
    if (!outcome) {
      if (context.transaction != nullptr) return outcome;
      errors.Add(index, outcome.error(), Document());
      if (ordered) break;
    }
    ++index;
  }
  reply.Add("n", removed);
  errors.AddTo(reply);
  return {};
}

using Access = CommandSpec::Access;
constexpr unsigned kWrite =
    CommandSpec::kWrites | CommandSpec::kInTransaction | CommandSpec::kRetryable;
constexpr CommandSpec kCommands[] = {
    {"insert", Access::kCollection, "insert", kWrite,
     "documents ordered bypassDocumentValidation bypassEmptyTsReplacement", Insert},
    {"update", Access::kCollection, "update", kWrite,
     "updates ordered bypassDocumentValidation bypassEmptyTsReplacement let", RunUpdate},
    {"delete", Access::kCollection, "remove", kWrite, "deletes ordered let", Delete},
};

}  // namespace

std::span<const CommandSpec> WriteCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
