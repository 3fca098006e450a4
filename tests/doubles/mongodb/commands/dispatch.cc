#include "doubles/mongodb/commands/dispatch.h"

#include <algorithm>
#include <array>
#include <set>

#include "doubles/mongodb/commands/command.h"
#include "doubles/mongodb/commands/write_concern.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr int kDuplicateField = 40413;
constexpr int kUnknownField = 40415;
constexpr int kNoDatabase = 40571;

constexpr std::string_view kGenericFields[] = {
    "$db",       "lsid",        "txnNumber",          "autocommit",   "startTransaction",
    "stmtId",    "readConcern", "writeConcern",       "$clusterTime", "$readPreference",
    "maxTimeMS", "comment",     "apiVersion",         "apiStrict",    "apiDeprecationErrors",
    "$audit",    "$client",     "$configServerState", "help",         "maxTimeMSOpOnly"};

bool IsListed(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t blank = list.find(' ');
    if (list.substr(0, blank) == word) return true;
    if (blank == std::string_view::npos) break;
    list.remove_prefix(blank + 1);
  }
  return false;
}

Result<void> CheckFields(const CommandSpec& spec, const Document& command) {
  std::set<std::string_view> seen;
  bool first = true;
  for (const Element& field : command) {
    const std::string path = std::string(spec.name) + "." + std::string(field.name());
    if (!seen.insert(field.name()).second) {
      return CommandFailure(kDuplicateField, "BSON field '" + path + "' is a duplicate field");
    }
    const bool known = first || spec.fields == "*" || IsListed(spec.fields, field.name()) ||
                       std::find(std::begin(kGenericFields), std::end(kGenericFields),
                                 field.name()) != std::end(kGenericFields);
    if (!known) {
      return CommandFailure(kUnknownField, "BSON field '" + path + "' is an unknown field.");
    }
    first = false;
  }
  return {};
}

/// With authorisation on and no user yet, one may be made from this machine: every client is local.
bool LocalhostException(Context& context, const CommandSpec& spec) {
  const Collection* users = context.catalog().Find({"admin", "system.users"});
  const bool none = users == nullptr || users->count() == 0;
  return none && (spec.name == "createUser" || spec.name == "createRole") && context.db == "admin";
}

Result<void> CheckAccess(Context& context, const CommandSpec& spec) {
  using Access = CommandSpec::Access;
  if (spec.access == Access::kOpen || !context.node.options().authorization ||
      LocalhostException(context, spec)) {
    return {};
  }
  if (!context.client.user) {
    return CommandFailure(kUnauthorized,
                          "Command " + std::string(spec.name) + " requires authentication");
  }
  if (spec.access == Access::kCluster) return context.AuthorizeOnCluster(spec.action);
  if (spec.access == Access::kDatabase) return context.Authorize(spec.action, {context.db, ""});
  if (spec.access == Access::kCollection) {
    DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespaceOrUuid());
    return context.Authorize(spec.action, ns);
  }
  return {};
}

bool SecondaryOk(const Document& command) {
  const Document preference = command["$readPreference"].AsDocument();
  const std::string_view mode = preference["mode"].AsString();
  return !mode.empty() && mode != "primary";
}

/// A router has no data of its own: nothing of one member's storage, oplog or replication.
Result<void> CheckRouter(const Context& context, const CommandSpec& spec) {
  if (!context.node.options().router) return {};
  constexpr std::string_view kOfMembers[] = {"applyOps", "replSetGetStatus", "replSetStepDown"};
  if (std::find(std::begin(kOfMembers), std::end(kOfMembers), spec.name) != std::end(kOfMembers)) {
    return CommandFailure(kCommandNotFound, "no such command: '" + std::string(spec.name) + "'");
  }
  if (context.db == "local" && spec.access != CommandSpec::Access::kOpen) {
    return CommandFailure(kIllegalOperation, "Can't use 'local' database through mongos");
  }
  return {};
}

Result<void> CheckRole(Context& context, const CommandSpec& spec) {
  const bool primary = context.node.IsPrimary();
  context.step_downs = context.node.step_downs();
  if (primary) return {};
  if ((spec.flags & CommandSpec::kWrites) != 0) {
    return CommandFailure(kNotWritablePrimary, "not primary");
  }
  if ((spec.flags & CommandSpec::kReads) != 0 && !SecondaryOk(context.command)) {
    return CommandFailure(kNotPrimaryNoSecondaryOk, "not primary and secondaryOk=false");
  }
  return {};
}

Result<void> ReadSessionFields(Context& context) {
  const Document& command = context.command;
  const Element lsid = command["lsid"];
  if (!lsid) {
    if (command.Has("txnNumber")) {
      return CommandFailure(kInvalidOptions,
                            "Transaction number requires a session ID to also be specified");
    }
    return {};
  }
  const Element id = lsid.AsDocument()["id"];
  if (!id.Is(BsonType::kBinary) || id.BinarySubtype() != 4 || id.AsBinary().size() != 16) {
    return CommandFailure(kInvalidOptions, "lsid.id must be a UUID");
  }
  context.origin.session = lsid.AsDocument().Copy();
  const Element number = command["txnNumber"];
  if (!number) return {};
  if (!number.Is(BsonType::kInt64) || number.AsInt64() < 0) {
    return CommandFailure(kInvalidOptions, "txnNumber must be a non-negative 64-bit integer");
  }
  if (!context.node.has_cluster_time()) {
    return CommandFailure(kIllegalOperation,
                          "Transaction numbers are only allowed on a replica set member or mongos");
  }
  context.origin.transaction_number = number.AsInt64();
  return {};
}

Result<void> JoinTransaction(Context& context, const CommandSpec& spec) {
  const Document& command = context.command;
  if (!command.Has("autocommit")) {
    if (!command.Has("startTransaction")) return {};
    return CommandFailure(kInvalidOptions,
                          "'startTransaction' field requires 'autocommit' field to also be "
                          "specified");
  }
  const std::int64_t number = context.origin.transaction_number;
  if (number < 0 || command["autocommit"].Truthy()) {
    return CommandFailure(kInvalidOptions, "autocommit must be false, with a txnNumber");
  }
  if ((spec.flags & CommandSpec::kInTransaction) == 0) {
    return CommandFailure(
        kOperationNotSupportedInTransaction,
        "Cannot run '" + std::string(spec.name) + "' in a multi-document transaction.");
  }
  Session& session = context.node.sessions().Get(context.SessionId());
  if (command["startTransaction"].Truthy()) {
    if (number <= session.transaction_number) {
      return CommandFailure(kTransactionTooOld,
                            "Cannot start transaction " + std::to_string(number) +
                                " on session because a newer transaction has already started");
    }
    session.transaction_number = number;
    session.state = Session::State::kInProgress;
    session.last_reply.clear();
    session.transaction = std::make_unique<Transaction>();
    session.transaction->read_at = context.catalog().clock().last().value;
  }
  const bool ends = spec.name == "commitTransaction" || spec.name == "abortTransaction";
  if (ends && number == session.transaction_number) return {};
  if (number != session.transaction_number || session.state != Session::State::kInProgress) {
    return CommandFailure(kNoSuchTransaction, "Given transaction number " + std::to_string(number) +
                                                  " does not match any in-progress transactions.");
  }
  context.transaction = session.transaction.get();
  return {};
}

Result<void> ReadReadConcern(Context& context) {
  const Element concern = context.command["readConcern"];
  if (!concern) return {};
  const Document document = concern.AsDocument();
  const std::string_view level = document["level"].AsString();
  constexpr std::array<std::string_view, 6> kLevels = {"",          "local",        "majority",
                                                       "available", "linearizable", "snapshot"};
  if (std::find(kLevels.begin(), kLevels.end(), level) == kLevels.end()) {
    return CommandFailure(kFailedToParse, "'" + std::string(level) +
                                              "' is not a valid value for the enumeration of "
                                              "read concern levels");
  }
  const std::uint64_t now = context.catalog().clock().last().value;
  if (document["afterClusterTime"].AsTimestamp().value > now) {
    return CommandFailure(kInvalidOptions,
                          "readConcern afterClusterTime value must not be greater than the "
                          "current clusterTime");
  }
  const Element at = document["atClusterTime"];
  if (at && level != "snapshot") {
    return CommandFailure(kInvalidOptions,
                          "readConcern.atClusterTime is only supported for snapshot reads");
  }
  if (level != "snapshot" || context.transaction != nullptr) return {};
  if (!context.node.has_cluster_time()) {
    return CommandFailure(kNotAReplicaSet,
                          "node needs to be a replica set member to use readConcern: snapshot");
  }
  context.snapshot = true;
  context.read_at = at ? at.AsTimestamp().value : now;
  if (context.read_at > now) {
    return CommandFailure(kInvalidOptions,
                          "readConcern atClusterTime value must not be greater than the current "
                          "clusterTime");
  }
  return {};
}

Result<void> WaitForUnlock(Context& context, const CommandSpec& spec) {
  if ((spec.flags & CommandSpec::kWrites) == 0) return {};
  if (context.node.lock_count == 0) return {};
  DBSTOW_TRY(context.WaitUntil([&] { return context.node.lock_count == 0; }));
  return CheckRole(context, spec);
}

Result<void> Prepare(Context& context, const CommandSpec& spec) {
  DBSTOW_TRY(CheckFields(spec, context.command));
  if ((spec.flags & CommandSpec::kAdminOnly) != 0 && context.db != "admin") {
    return CommandFailure(kUnauthorized,
                          std::string(spec.name) + " may only be run against the admin database.");
  }
  DBSTOW_TRY(CheckAccess(context, spec));
  DBSTOW_TRY(CheckRouter(context, spec));
  DBSTOW_TRY(CheckRole(context, spec));
  DBSTOW_TRY(ReadSessionFields(context));
  if (const Element limit = context.command["maxTimeMS"]; limit && spec.name != "getMore") {
    if (!limit.IsNumber() || limit.AsInt64() < 0) {
      return CommandFailure(kBadValue, "maxTimeMS has non-integral or negative value");
    }
    if (limit.AsInt64() > 0) {
      context.deadline =
          std::chrono::steady_clock::now() + std::chrono::milliseconds(limit.AsInt64());
    }
  }
  DBSTOW_TRY(WaitForUnlock(context, spec));
  DBSTOW_TRY(JoinTransaction(context, spec));
  if ((spec.flags & CommandSpec::kWrites) != 0) DBSTOW_TRY(CheckWriteConcern(context));
  return ReadReadConcern(context);
}

bool IsRetryable(const Context& context, const CommandSpec& spec) {
  return (spec.flags & CommandSpec::kRetryable) != 0 && context.origin.transaction_number >= 0 &&
         !context.command.Has("autocommit");
}

/// Runs the command itself.
Result<void> Perform(Context& context, const CommandSpec& spec, Builder& reply) {
  DBSTOW_TRY(spec.run(context, reply));
  if ((spec.flags & CommandSpec::kWrites) != 0) AddWriteConcernError(context, reply);
  return {};
}

Result<void> Run(Context& context, const CommandSpec& spec, Builder& reply) {
  DBSTOW_TRY(Prepare(context, spec));
  ++context.node.opcounters[std::string(spec.name)];
  if (!IsRetryable(context, spec)) return Perform(context, spec, reply);
  const std::string session = context.SessionId();
  const std::int64_t number = context.origin.transaction_number;
  DBSTOW_ASSIGN(const std::string* const repeated,
                context.node.sessions().Repeated(session, number));
  if (repeated != nullptr) {
    reply.AddAll(Document(*repeated));
    return {};
  }
  Builder made;
  DBSTOW_TRY(Perform(context, spec, made));
  std::string body = made.Finish();
  reply.AddAll(Document(body));
  context.node.sessions().Remember(session, number, std::move(body));
  return {};
}

/// A failed statement ends the transaction it was part of.
void AbortTransaction(Context& context) {
  if (context.transaction == nullptr) return;
  Session& session = context.node.sessions().Get(context.SessionId());
  session.state = Session::State::kAborted;
  session.transaction.reset();
  context.transaction = nullptr;
}

bool IsStateChange(int code) {
  return code == kNotWritablePrimary || code == kInterruptedDueToReplStateChange ||
         code == kNotPrimaryNoSecondaryOk || code == kInterruptedAtShutdown;
}

std::string FailureReply(Context& context, const CommandSpec* spec, const Error& error) {
  const int code = CodeOf(error);
  Builder reply;
  reply.Add("ok", 0.0).String("errmsg", error.message()).Add("code", code);
  reply.String("codeName", CodeName(code));
  const bool commits = spec != nullptr && spec->name == "commitTransaction";
  const bool of_transaction = context.command.Has("autocommit");
  const bool transient =
      of_transaction && (code == kWriteConflict || code == kNoSuchTransaction ||
                         code == kSnapshotUnavailable || (IsStateChange(code) && !commits));
  const bool retryable =
      spec != nullptr && IsStateChange(code) && (IsRetryable(context, *spec) || commits);
  ArrayBuilder labels;
  if (transient) labels.String("TransientTransactionError");
  if (retryable) labels.String("RetryableWriteError");
  if (context.watches && IsStateChange(code)) labels.String("ResumableChangeStreamError");
  if (labels.count() > 0) {
    const std::string list = labels.Finish();
    reply.Add("errorLabels", Array{Document(list)});
  }
  return reply.Finish();
}

/// The cluster's time, on every reply of a replica set or router.
std::string WithClusterTime(Node& node, const std::string& reply) {
  if (!node.has_cluster_time()) return reply;
  const Timestamp now = node.catalog().clock().last();
  const std::string zeros(20, '\0');
  const std::string signature =
      Builder().Add("hash", Binary{zeros}).Add("keyId", std::int64_t{0}).Finish();
  const std::string time =
      Builder().Add("clusterTime", now).Add("signature", Document(signature)).Finish();
  return Builder(Document(reply))
      .Add("$clusterTime", Document(time))
      .Add("operationTime", now)
      .Finish();
}

}  // namespace

const CommandSpec* FindCommand(std::string_view name) {
  for (const auto list :
       {HandshakeCommands(), DiagnosticCommands(), LoginCommands(), UserCommands(), RoleCommands(),
        SessionCommands(), CatalogCommands(), ListCommands(), IndexCommands(), ReadCommands(),
        AggregateCommands(), WriteCommands(), AdminCommands(), ApplyOpsCommands()}) {
    for (const CommandSpec& spec : list) {
      if (spec.name == name) return &spec;
    }
  }
  return nullptr;
}

std::string RunCommand(Node& node, Client& client, const Document& command, std::stop_token stop) {
  std::unique_lock lock(node.mutex);
  Context context{.node = node,
                  .client = client,
                  .lock = lock,
                  .stop = std::move(stop),
                  .command = command,
                  .db = std::string(command["$db"].AsString())};
  const std::string name(command.First().name());
  const CommandSpec* spec = FindCommand(name);
  const std::optional<Node::Fault> fault = node.TakeFault(name);
  const auto run = [&](Builder& reply) -> Result<void> {
    if (!command["$db"].Is(BsonType::kString)) {
      return CommandFailure(kNoDatabase, "OP_MSG requests require a $db argument");
    }
    DBSTOW_TRY(CheckDatabaseName(context.db == "$external" ? "external" : context.db));
    if (spec == nullptr) {
      return CommandFailure(kCommandNotFound, "no such command: '" + name + "'");
    }
    if (fault && fault->code != 0) {
      return CommandFailure(fault->code, "Failing command via 'failCommand' failpoint");
    }
    return Run(context, *spec, reply);
  };
  Builder reply;
  const Result<void> outcome = run(reply);
  std::string document;
  if (outcome) {
    document = reply.Add("ok", 1.0).Finish();
  } else {
    AbortTransaction(context);
    document = FailureReply(context, spec, outcome.error());
  }
  document = WithClusterTime(node, document);
  node.catalog().Commit();
  node.changed.notify_all();
  if (fault && fault->code == 0) return {};
  return document;
}

}  // namespace dbstow::doubles::mongodb
