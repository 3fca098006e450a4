#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/commands/command.h"
#include "doubles/mongodb/query/diff.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr int kMaxNesting = 10;

Result<Collection*> CollectionOf(Context& context, const Document& op) {
  const std::string ns(op["ns"].AsString());
  DBSTOW_ASSIGN(const Namespace name, ParseNamespace(ns));
  const Element uuid = op["ui"];
  Collection* found =
      uuid ? context.catalog().FindByUuid(uuid.AsBinary()) : context.catalog().Find(name);
  if (found == nullptr) {
    return CommandFailure(kNamespaceNotFound,
                          "Failed to apply operation due to missing collection (" + ns + ")");
  }
  if (found->ns().IsOplog()) {
    return CommandFailure(kInvalidNamespace, "cannot write to 'local.oplog.rs'");
  }
  return found;
}

Result<void> ApplyInsert(Context& context, const Document& op) {
  DBSTOW_ASSIGN(Collection* const collection, CollectionOf(context, op));
  const Document body = op["o"].AsDocument();
  if (!body.Has("_id")) return CommandFailure(kNoSuchKey, "an insert needs an _id");
  if (const auto held = View().FindById(*collection, OrderKey(body["_id"]))) {
    return context.node.writer().Update(*collection, held->first, body.Copy(),
                                        Writer::LogAs::kReplacement);
  }
  DBSTOW_TRY(context.node.writer().Insert(*collection, body.Copy()));
  return {};
}

Result<void> ApplyUpdate(Context& context, const Document& op) {
  DBSTOW_ASSIGN(Collection* const collection, CollectionOf(context, op));
  const Element id = op["o2"].AsDocument()["_id"];
  const Document o = op["o"].AsDocument();
  if (!id) return CommandFailure(kNoSuchKey, "an update needs o2._id");
  const auto held = View().FindById(*collection, OrderKey(id));
  if (o["$v"].AsInt64() == 2) {
    if (!held) {
      constexpr int kUpdateOperationFailed = 218;
      return CommandFailure(kUpdateOperationFailed,
                            "failed to apply update: no document of that _id");
    }
    DBSTOW_ASSIGN(std::string after, ApplyDiff(*held->second, o["diff"].AsDocument()));
    return context.node.writer().Update(*collection, held->first, std::move(after),
                                        Writer::LogAs::kDiff);
  }
  if (o.First().name().substr(0, 1) == "$") {
    return CommandFailure(kFailedToParse,
                          "this server applies $v: 2 updates and replacements only");
  }
  std::string body = o.Has("_id") ? o.Copy() : Builder().Add("_id", id).AddAll(o).Finish();
  if (!held) {
    DBSTOW_TRY(context.node.writer().Insert(*collection, std::move(body)));
    return {};
  }
  return context.node.writer().Update(*collection, held->first, std::move(body),
                                      Writer::LogAs::kReplacement);
}

Result<void> ApplyDelete(Context& context, const Document& op) {
  DBSTOW_ASSIGN(Collection* const collection, CollectionOf(context, op));
  const Element id = op["o"].AsDocument()["_id"];
  if (!id) return CommandFailure(kNoSuchKey, "a delete needs o._id");
  const auto held = View().FindById(*collection, OrderKey(id));
  if (!held) return {};
  return context.node.writer().Remove(*collection, held->first);
}

Result<void> ApplyOperations(Context& context, const Document& operations, ArrayBuilder& results,
                             int depth);

Result<void> ApplyCreate(Context& context, const Document& op, const Namespace& ns) {
  Builder options;
  for (const Element& option : op["o"].AsDocument()) {
    if (option.name() != "create") options.Add(option);
  }
  const std::string made = options.Finish();
  DBSTOW_TRY(context.node.writer().Create(ns, made, std::string(op["ui"].AsBinary())));
  return {};
}

/// Commands that this one stands for are run as their own command would be.
Result<void> ApplyAsCommand(Context& context, const Document& o, const std::string& db) {
  const CommandSpec* spec = FindCommand(o.First().name());
  Context inner = context;
  inner.command = o;
  inner.db = db;
  Builder ignored;
  return spec->run(inner, ignored);
}

Result<void> ApplyCommand(Context& context, const Document& op, ArrayBuilder& results, int depth) {
  const Document o = op["o"].AsDocument();
  const std::string_view name = o.First().name();
  const std::string_view full = op["ns"].AsString();
  const std::string db(full.substr(0, full.find('.')));
  if (name == "applyOps") {
    return ApplyOperations(context, o.First().AsDocument(), results, depth + 1);
  }
  if (name == "create") {
    return ApplyCreate(context, op, {db, std::string(o.First().AsString())});
  }
  if (name == "drop" || name == "dropDatabase" || name == "renameCollection" || name == "collMod" ||
      name == "dropIndexes") {
    return ApplyAsCommand(context, o, db);
  }
  if (name == "createIndexes" || name == "startIndexBuild" || name == "commitIndexBuild" ||
      name == "abortIndexBuild") {
    return CommandFailure(kCommandNotSupported, "The " + std::string(name) +
                                                    " operation is not supported in applyOps mode");
  }
  return CommandFailure(kBadValue, "Invalid oplog command: " + std::string(name));
}

Result<void> CheckOperation(const Element& element) {
  const Document op = element.AsDocument();
  if (!element.Is(BsonType::kObject) || !op["op"].Is(BsonType::kString) ||
      !op["ns"].Is(BsonType::kString) || !op["o"].Is(BsonType::kObject)) {
    return CommandFailure(kFailedToParse, "op not in expected format: op, ns and o are needed");
  }
  const std::string_view kind = op["op"].AsString();
  if (kind != "i" && kind != "u" && kind != "d" && kind != "c" && kind != "n") {
    return CommandFailure(kBadValue, "bad opType '" + std::string(kind) + "'");
  }
  return {};
}

Result<void> AuthorizeOperation(const Context& context, const Document& op) {
  const std::string_view kind = op["op"].AsString();
  if (kind == "n") return {};
  const std::string_view full = op["ns"].AsString();
  const std::size_t dot = full.find('.');
  const std::string db(full.substr(0, dot));
  const std::string collection(dot == std::string_view::npos ? "" : full.substr(dot + 1));
  if (op.Has("ui")) {
    DBSTOW_TRY(context.AuthorizeOnCluster("useUUID"));
    DBSTOW_TRY(context.AuthorizeOnCluster("forceUUID"));
  }
  if (kind == "i") return context.Authorize("insert", {db, collection});
  if (kind == "u") return context.Authorize("update", {db, collection});
  if (kind == "d") return context.Authorize("remove", {db, collection});
  const Element command = op["o"].AsDocument().First();
  const std::string target(command.AsString());
  const std::string_view name = command.name();
  if (name == "create") return context.Authorize("createCollection", {db, target});
  if (name == "drop") return context.Authorize("dropCollection", {db, target});
  if (name == "collMod") return context.Authorize("collMod", {db, target});
  if (name == "dropIndexes") return context.Authorize("dropIndex", {db, target});
  if (name == "dropDatabase") return context.Authorize("dropDatabase", {db, ""});
  if (name == "renameCollection") return {};  // that command asks itself
  return context.AuthorizeOnCluster("*");
}

Result<void> ApplyOperations(Context& context, const Document& operations, ArrayBuilder& results,
                             int depth) {
  if (depth > kMaxNesting) {
    return CommandFailure(kFailedToParse, "Too many nested applyOps");
  }
  for (const Element& element : operations) {
    DBSTOW_TRY(CheckOperation(element));
    DBSTOW_TRY(AuthorizeOperation(context, element.AsDocument()));
  }
  for (const Element& element : operations) {
    const Document op = element.AsDocument();
    const char kind = op["op"].AsString()[0];
    const Result<void> outcome = kind == 'i'   ? ApplyInsert(context, op)
                                 : kind == 'u' ? ApplyUpdate(context, op)
                                 : kind == 'd' ? ApplyDelete(context, op)
                                 : kind == 'c' ? ApplyCommand(context, op, results, depth)
                                               : Result<void>();
    results.Add(outcome.has_value());
    if (!outcome) return outcome;
  }
  return {};
}

Result<void> ApplyOps(Context& context, Builder& reply) {
  if (!context.target().Is(BsonType::kArray)) {
    return CommandFailure(kBadValue, "ops has to be an array");
  }
  if (context.command.Has("preCondition")) {
    constexpr int kNoPreCondition = 6711600;
    return CommandFailure(kNoPreCondition,
                          "applyOps command no longer supports the preCondition option");
  }
  ArrayBuilder results;
  DBSTOW_TRY(ApplyOperations(context, context.target().AsDocument(), results, 0));
  reply.Add("applied", static_cast<std::int32_t>(results.count()));
  const std::string list = results.Finish();
  reply.Add("results", Array{Document(list)});
  return {};
}

constexpr CommandSpec kCommands[] = {
    {"applyOps", CommandSpec::Access::kOwn, "", CommandSpec::kWrites | CommandSpec::kAdminOnly,
     "allowAtomic alwaysUpsert bypassDocumentValidation oplogApplicationMode preCondition",
     ApplyOps},
};

}  // namespace

std::span<const CommandSpec> ApplyOpsCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
