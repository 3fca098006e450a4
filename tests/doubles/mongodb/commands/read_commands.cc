#include <algorithm>
#include <limits>
#include <set>

#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/commands/source.h"
#include "doubles/mongodb/model/index_keys.h"
#include "doubles/mongodb/query/pipeline.h"
#include "doubles/mongodb/query/sort.h"
#include "doubles/mongodb/server/version.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::int64_t kFirstBatch = 101;
constexpr int kMaxViewDepth = 20;
constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

Result<std::vector<std::string>> ReadThrough(Context& context, const Namespace& ns, int depth) {
  const std::string view = context.catalog().FindView(ns);
  if (depth > kMaxViewDepth) {
    constexpr int kViewDepthLimit = 165;
    return CommandFailure(kViewDepthLimit, "View depth too deep or view cycle detected");
  }
  if (!view.empty()) {
    const Document definition(view);
    DBSTOW_ASSIGN(const Pipeline pipeline,
                  Pipeline::Parse(definition["pipeline"].AsDocument(), Pipeline::Use::kView));
    DBSTOW_ASSIGN(
        std::vector<std::string> documents,
        ReadThrough(context, {ns.db, std::string(definition["viewOn"].AsString())}, depth + 1));
    return pipeline.Run(std::move(documents));
  }
  const View reader = context.view();
  DBSTOW_TRY(context.catalog().CheckReadable(ns, reader.at()));
  std::vector<std::string> documents;
  const Collection* collection = context.catalog().Find(ns);
  if (collection == nullptr) return documents;
  DBSTOW_ASSIGN(FindRequest request, FindRequest::Of(Document(), context.command["hint"]));
  DBSTOW_ASSIGN(const std::vector<RecordId> records,
                Cursor::Select(std::move(request), *collection, reader, kAll));
  for (const RecordId& record : records) documents.push_back(*reader.Get(*collection, record));
  return documents;
}

Result<void> FindInView(Context& context, const Namespace& ns, const FindRequest& request,
                        Builder& reply) {
  if (request.natural() != 0 || request.show_record_id || request.tailable ||
      request.request_resume_token) {
    return CommandFailure(kInvalidOptions, "option not supported on a view: " + ns.Full());
  }
  DBSTOW_ASSIGN(std::vector<std::string> all, ReadAll(context, ns));
  std::erase_if(all, [&](const std::string& d) { return !request.filter.Matches(d); });
  if (!request.sort.empty()) {
    std::stable_sort(all.begin(), all.end(), [&](const std::string& l, const std::string& r) {
      return SortKey(request.sort, l) < SortKey(request.sort, r);
    });
  }
  const auto skip = std::min(all.size(), static_cast<std::size_t>(request.skip));
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(skip));
  if (request.limit > 0 && all.size() > static_cast<std::size_t>(request.limit)) {
    all.resize(static_cast<std::size_t>(request.limit));
  }
  for (std::string& document : all) document = request.projection.Apply(document);
  auto cursor = Cursor::OverDocuments(ns, std::move(all));
  return ReplyWithCursor(context, std::move(cursor), ns.Full(),
                         request.batch_size.value_or(kFirstBatch), reply);
}

Result<void> Find(Context& context, Builder& reply) {
  DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespaceOrUuid());
  DBSTOW_TRY(CheckCollation(context.command["collation"]));
  DBSTOW_TRY(RefuseOptions(context.command, {"let", "returnKey"}));
  if (context.command.Has("$_startAt") && !AtLeast(context.node.options().version, {8, 2, 0})) {
    constexpr int kUnknownField = 40415;
    return CommandFailure(kUnknownField, "BSON field 'find.$_startAt' is an unknown field.");
  }
  DBSTOW_ASSIGN(FindRequest request, FindRequest::Parse(context.command));
  if (!context.catalog().FindView(ns).empty()) return FindInView(context, ns, request, reply);
  DBSTOW_TRY(context.catalog().CheckReadable(ns, context.view().at()));
  const Collection* collection = context.catalog().Find(ns);
  if (collection == nullptr) {
    return ReplyWithCursor(context, Cursor::OverDocuments(ns, {}), ns.Full(), kFirstBatch, reply);
  }
  if (context.snapshot && collection->capped() &&
      !AtLeast(context.node.options().version, {8, 0, 0})) {
    return CommandFailure(kSnapshotUnavailable,
                          "Reading from a capped collection with readConcern snapshot is not "
                          "supported");
  }
  const std::int64_t first = request.batch_size.value_or(kFirstBatch);
  DBSTOW_ASSIGN(auto cursor,
                Cursor::OverCollection(std::move(request), *collection, context.view()));
  return ReplyWithCursor(context, std::move(cursor), ns.Full(), first, reply);
}

Result<Cursor*> FindOwnCursor(Context& context, std::int64_t id) {
  Cursor* cursor = context.node.FindCursor(id);
  if (cursor == nullptr) {
    return CommandFailure(kCursorNotFound, "cursor id " + std::to_string(id) + " not found");
  }
  const std::string user =
      context.client.user ? context.client.user->db + "." + context.client.user->user : "";
  if (cursor->user != user) {
    return CommandFailure(kUnauthorized, "cursor id " + std::to_string(id) +
                                             " was not created by the authenticated user");
  }
  const std::string ns = context.db + "." + std::string(context.command["collection"].AsString());
  if (cursor->ns().Full() != ns) {
    return CommandFailure(kUnauthorized, "Requested getMore on namespace '" + ns +
                                             "', but cursor belongs to a different namespace " +
                                             cursor->ns().Full());
  }
  constexpr int kOtherSession = 50738;
  if (cursor->session != context.SessionId()) {
    return CommandFailure(kOtherSession, "Cannot run getMore on cursor " + std::to_string(id) +
                                             ", which was created in another session");
  }
  return cursor;
}

/// Waits for more of a tailable cursor; looks the cursor up again each time it wakes.
Result<Batch> AwaitMore(Context& context, std::int64_t id, std::int64_t count) {
  constexpr std::int64_t kDefaultWait = 1000;
  const Element limit = context.command["maxTimeMS"];
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(limit ? limit.AsInt64() : kDefaultWait);
  Batch batch;
  std::optional<Error> failure;
  const auto try_again = [&] {
    if (batch.count > 0 || failure) return true;  // asked again after it was ready
    Cursor* cursor = context.node.FindCursor(id);
    if (cursor == nullptr) {
      failure = CommandFailure(kCursorKilled, "cursor killed");
      return true;
    }
    auto next = cursor->Next(context.catalog().FindByUuid(cursor->collection_uuid()),
                             View(cursor->read_at), count);
    if (!next) {
      failure = std::move(next).error();
      return true;
    }
    batch = std::move(*next);
    return batch.count > 0 || std::chrono::steady_clock::now() >= until;
  };
  context.deadline = until;
  const Result<void> waited = context.WaitUntil(try_again);
  if (failure) return *failure;
  // Running out of time is no failure here: the batch is empty.
  if (!waited && CodeOf(waited.error()) != kMaxTimeMsExpired) return waited.error();
  return batch;
}

Result<void> GetMore(Context& context, Builder& reply) {
  if (!context.target().Is(BsonType::kInt64)) {
    return CommandFailure(kTypeMismatch, "BSON field 'getMore.getMore' is the wrong type '" +
                                             std::string(TypeName(context.target().type())) +
                                             "', expected type 'long'");
  }
  const std::int64_t id = context.target().AsInt64();
  DBSTOW_ASSIGN(Cursor* const cursor, FindOwnCursor(context, id));
  context.watches = cursor->watches();
  const Element size = context.command["batchSize"];
  if (size && size.AsInt64() < 0) {
    return CommandFailure(kBadValue, "Batch size for getMore must be positive");
  }
  const std::int64_t count =
      size && size.AsInt64() > 0 ? size.AsInt64() : std::numeric_limits<std::int64_t>::max();
  if (cursor->in_transaction && context.transaction == nullptr) {
    return CommandFailure(kNoSuchTransaction, "the cursor's transaction has ended");
  }
  const View view = context.transaction != nullptr ? context.view() : View(cursor->read_at);
  if (cursor->read_at != kLatest && cursor->read_at < context.catalog().oldest()) {
    context.node.KillCursor(id);
    return CommandFailure(kSnapshotTooOld,
                          "Read timestamp is older than the oldest available timestamp");
  }
  const std::string ns = cursor->ns().Full();
  Collection* collection = cursor->collection_uuid().empty()
                               ? nullptr
                               : context.catalog().FindByUuid(cursor->collection_uuid());
  if (collection != nullptr && !cursor->watches() && collection->ns() != cursor->ns()) {
    context.node.KillCursor(id);
    return CommandFailure(kQueryPlanKilled, "collection renamed from '" + ns + "' to '" +
                                                collection->ns().Full() + "'");
  }
  Result<Batch> batch = cursor->Next(collection, view, count);
  if (batch && batch->count == 0 && cursor->await_data()) batch = AwaitMore(context, id, count);
  if (!batch) {
    context.node.KillCursor(id);
    return std::move(batch).error();
  }
  const Cursor* after = context.node.FindCursor(id);
  const bool done = after == nullptr || after->exhausted();
  if (done) context.node.KillCursor(id);
  Builder body;
  body.Add("nextBatch", Array{Document(batch->documents)});
  if (!batch->resume_token.empty()) body.Add("postBatchResumeToken", Document(batch->resume_token));
  body.Add("id", done ? std::int64_t{0} : id).String("ns", ns);
  const std::string made = body.Finish();
  reply.Add("cursor", Document(made));
  return {};
}

Result<void> KillCursors(Context& context, Builder& reply) {
  ArrayBuilder killed;
  ArrayBuilder unknown;
  for (const Element& id : context.command["cursors"].AsDocument()) {
    Cursor* cursor = context.node.FindCursor(id.AsInt64());
    const std::string user =
        context.client.user ? context.client.user->db + "." + context.client.user->user : "";
    if (cursor != nullptr && cursor->user != user && !context.MayOnCluster("killAnyCursor")) {
      return CommandFailure(kUnauthorized, "not authorized to kill cursor");
    }
    (context.node.KillCursor(id.AsInt64()) ? killed : unknown).Add(id);
  }
  const std::string nothing = ArrayBuilder().Finish();
  const std::string gone = killed.Finish();
  const std::string missing = unknown.Finish();
  reply.Add("cursorsKilled", Array{Document(gone)})
      .Add("cursorsNotFound", Array{Document(missing)})
      .Add("cursorsAlive", Array{Document(nothing)})
      .Add("cursorsUnknown", Array{Document(nothing)});
  return {};
}

Result<void> Count(Context& context, Builder& reply) {
  DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespaceOrUuid());
  DBSTOW_TRY(CheckCollation(context.command["collation"]));
  DBSTOW_ASSIGN(const Matcher filter, Matcher::Parse(context.command["query"].AsDocument()));
  const Collection* collection = context.catalog().Find(ns);
  std::int64_t count = 0;
  if (context.command["query"].AsDocument().empty() && collection != nullptr &&
      context.view().IsLatest() && !context.command.Has("hint")) {
    count = collection->count();
  } else {
    DBSTOW_ASSIGN(const std::vector<std::string> all, ReadAll(context, ns));
    count = std::count_if(all.begin(), all.end(),
                          [&](const std::string& d) { return filter.Matches(d); });
  }
  count = std::max<std::int64_t>(0, count - context.command["skip"].AsInt64());
  if (const Element limit = context.command["limit"]; limit && limit.AsInt64() > 0) {
    count = std::min(count, limit.AsInt64());
  }
  reply.Add("n", static_cast<std::int32_t>(count));
  return {};
}

/// The values of one field, each once, in the order in which they are met; of an array its
/// elements.
Result<void> Distinct(Context& context, Builder& reply) {
  DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespaceOrUuid());
  DBSTOW_TRY(CheckCollation(context.command["collation"]));
  const std::string_view key = context.command["key"].AsString();
  if (!context.command["key"].Is(BsonType::kString)) {
    return CommandFailure(kTypeMismatch, "BSON field 'distinct.key' is the wrong type '" +
                                             std::string(TypeName(context.command["key"].type())) +
                                             "', expected type 'string'");
  }
  DBSTOW_ASSIGN(const Matcher filter, Matcher::Parse(context.command["query"].AsDocument()));
  DBSTOW_ASSIGN(const std::vector<std::string> all, ReadAll(context, ns));
  std::set<std::string> seen;
  ArrayBuilder values;
  for (const std::string& document : all) {
    if (!filter.Matches(document)) continue;
    ForEachIndexedValue(document, key, [&](const Element& value) {
      if (value && !value.Is(BsonType::kUndefined) && seen.insert(OrderKey(value)).second) {
        values.Add(value);
      }
    });
  }
  const std::string list = values.Finish();
  reply.Add("values", Array{Document(list)});
  if (context.snapshot) reply.Add("atClusterTime", Timestamp{context.read_at});
  return {};
}

using Access = CommandSpec::Access;
constexpr unsigned kRead = CommandSpec::kReads | CommandSpec::kInTransaction;
constexpr CommandSpec kCommands[] = {
    {"find", Access::kCollection, "find", kRead,
     "filter sort projection hint skip limit batchSize singleBatch let min max returnKey "
     "showRecordId tailable oplogReplay noCursorTimeout awaitData allowPartialResults collation "
     "allowDiskUse $_requestResumeToken $_resumeAfter $_startAt term",
     Find},
    {"getMore", Access::kLogin, "", CommandSpec::kInTransaction,
     "collection batchSize term lastKnownCommittedOpTime", GetMore},
    {"killCursors", Access::kLogin, "", CommandSpec::kInTransaction, "cursors", KillCursors},
    {"count", Access::kCollection, "find", CommandSpec::kReads,
     "query limit skip hint collation fields", Count},
    {"distinct", Access::kCollection, "find", kRead, "key query hint collation", Distinct},
};

}  // namespace

Result<std::vector<std::string>> ReadAll(Context& context, const Namespace& ns) {
  return ReadThrough(context, ns, 0);
}

Result<void> CheckCollation(const Element& collation) {
  if (!collation || collation.AsDocument()["locale"].AsString() == "simple") return {};
  return CommandFailure(kCommandNotSupported, "this server compares by the simple collation only");
}

std::span<const CommandSpec> ReadCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
