#include <algorithm>

#include "doubles/mongodb/commands/source.h"
#include "doubles/mongodb/query/pipeline.h"

namespace dbstow::doubles::mongodb {
namespace {

using Scope = ChangeStream::Scope;

constexpr std::int64_t kFirstBatch = 101;

Result<void> CheckWatchable(const Context& context) {
  if (!context.node.in_replica_set()) {
    constexpr int kNoReplicaSet = 40573;
    return CommandFailure(kNoReplicaSet,
                          "The $changeStream stage is only supported on replica sets");
  }
  if (context.transaction != nullptr) {
    return CommandFailure(kOperationNotSupportedInTransaction,
                          "$changeStream cannot run within a multi-document transaction");
  }
  const std::string_view level = context.command["readConcern"].AsDocument()["level"].AsString();
  if (!level.empty() && level != "majority") {
    return CommandFailure(kInvalidOptions,
                          "$changeStream cannot run with a readConcern other "
                          "than 'majority', or in a multi-document transaction");
  }
  return {};
}

Result<Scope> ScopeOf(const Context& context, const Document& specification) {
  const bool everything = specification["allChangesForCluster"].Truthy();
  if (everything && (!context.target().IsNumber() || context.db != "admin")) {
    return CommandFailure(kInvalidOptions,
                          "A $changeStream with 'allChangesForCluster:true' may only be opened on "
                          "the 'admin' database, and with no collection name");
  }
  if (everything) return Scope::kCluster;
  const bool internal = context.db == "admin" || context.db == "config" || context.db == "local";
  if (internal) {
    return CommandFailure(kInvalidNamespace, "$changeStream may not be opened on the internal " +
                                                 context.db + " database");
  }
  return context.target().IsNumber() ? Scope::kDatabase : Scope::kCollection;
}

/// The collection watched; without one for a database, empty for the cluster.
Result<Namespace> Watched(Context& context, Scope scope) {
  if (scope == Scope::kCluster) return Namespace{};
  if (scope == Scope::kDatabase) return Namespace{context.db, ""};
  DBSTOW_ASSIGN(Namespace ns, context.TargetNamespace());
  if (ns.IsSystem()) {
    return CommandFailure(kInvalidNamespace, "$changeStream may not be opened on the internal " +
                                                 ns.Full() + " collection");
  }
  if (!context.catalog().FindView(ns).empty()) {
    return CommandFailure(kCommandNotSupportedOnView,
                          "$changeStream is not supported on views: " + ns.Full());
  }
  return ns;
}

/// What may follow the stage in its pipeline.
Result<Pipeline> ParseRest(const Document& pipeline) {
  constexpr std::string_view kForbidden[] = {"$sort",   "$skip", "$limit", "$count",    "$group",
                                             "$sample", "$out",  "$merge", "$collStats"};
  ArrayBuilder rest;
  bool first = true;
  for (const Element& stage : pipeline) {
    if (std::exchange(first, false)) continue;
    const std::string_view name = stage.AsDocument().First().name();
    if (std::find(std::begin(kForbidden), std::end(kForbidden), name) != std::end(kForbidden)) {
      return CommandFailure(kIllegalOperation,
                            std::string(name) + " is not permitted in a $changeStream pipeline");
    }
    rest.Add(stage);
  }
  const std::string stages = rest.Finish();
  return Pipeline::Parse(stages, Pipeline::Use::kQuery);
}

}  // namespace

Result<void> Watch(Context& context, const Document& pipeline, Builder& reply) {
  const Document specification = pipeline.First().AsDocument().First().AsDocument();
  DBSTOW_ASSIGN(const Scope scope, ScopeOf(context, specification));
  DBSTOW_ASSIGN(const Namespace watched, Watched(context, scope));
  DBSTOW_TRY(context.Authorize("changeStream", watched));
  DBSTOW_TRY(context.Authorize("find", watched));
  DBSTOW_TRY(CheckWatchable(context));
  DBSTOW_ASSIGN(Pipeline rest, ParseRest(pipeline));
  DBSTOW_ASSIGN(ChangeStream stream,
                ChangeStream::Open(context.catalog(), scope, watched, specification));
  const Namespace shown =
      scope == Scope::kCollection ? watched : Namespace{context.db, "$cmd.aggregate"};
  const Collection* oplog = context.catalog().Find({"local", "oplog.rs"});
  auto cursor = Cursor::OverChanges(shown, *oplog, std::move(stream), std::move(rest));
  const Element size = context.command["cursor"].AsDocument()["batchSize"];
  return ReplyWithCursor(context, std::move(cursor), shown.Full(),
                         size ? size.AsInt64() : kFirstBatch, reply);
}

}  // namespace dbstow::doubles::mongodb
