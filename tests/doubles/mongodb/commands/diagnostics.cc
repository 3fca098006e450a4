#include "doubles/mongodb/commands/command.h"
#include "doubles/mongodb/server/version.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr int kNoSuchOption = 72;

std::string FeatureVersion(const Node& node) {
  const auto numbers = VersionNumbers(node.options().version);
  return std::to_string(numbers[0]) + "." + std::to_string(numbers[1]);
}

/// All parameters that this node has, as a document.
std::string Parameters(Node& node) {
  const std::string feature = Builder().String("version", FeatureVersion(node)).Finish();
  ArrayBuilder mechanisms;
  mechanisms.String("SCRAM-SHA-256");
  const std::string list = mechanisms.Finish();
  return Builder()
      .Add("featureCompatibilityVersion", Document(feature))
      .Add("authSchemaVersion", 5)
      .Add("authenticationMechanisms", Array{Document(list)})
      .Add("minSnapshotHistoryWindowInSeconds",
           static_cast<std::int32_t>(node.catalog().history_seconds()))
      .Add("cursorTimeoutMillis", std::int64_t{600000})
      .Add("maxIndexBuildMemoryUsageMegabytes", 200)
      .Add("enableTestCommands", false)
      .Finish();
}

Result<void> GetParameter(Context& context, Builder& reply) {
  const std::string all = Parameters(context.node);
  const Element target = context.target();
  const bool every = target.AsString() == "*" || target.AsDocument()["allParameters"].Truthy();
  bool found = every;
  for (const Element& parameter : Document(all)) {
    const bool wanted =
        every || (context.command.Has(parameter.name()) && parameter.name() != "getParameter");
    if (!wanted) continue;
    found = true;
    const auto set = context.node.parameters.find(std::string(parameter.name()));
    reply.Add(set == context.node.parameters.end() ? parameter : Document(set->second).First());
  }
  if (!found) return CommandFailure(kNoSuchOption, "no option found to get");
  return {};
}

Result<void> SetParameter(Context& context, Builder& reply) {
  const std::string all = Parameters(context.node);
  bool found = false;
  for (const Element& change : context.command) {
    const std::string name(change.name());
    if (name == "setParameter" || name[0] == '$' || name == "lsid" || name == "comment") continue;
    const Element old = Document(all)[name];
    if (!old || name == "featureCompatibilityVersion" || name == "authSchemaVersion") {
      return CommandFailure(kInvalidOptions, "Unknown --setParameter '" + name + "'");
    }
    if (name == "minSnapshotHistoryWindowInSeconds") {
      if (!change.IsNumber() || change.AsInt64() < 0) {
        return CommandFailure(kBadValue, "Invalid value for parameter " + name);
      }
      context.catalog().set_history_seconds(static_cast<std::uint32_t>(change.AsInt64()));
    } else {
      context.node.parameters[name] = Builder().Add(change).Finish();
    }
    if (!found) reply.Add("was", old);
    found = true;
  }
  if (!found)
    return CommandFailure(kNoSuchOption, "no option found to set, use help:true to see options ");
  return {};
}

Result<void> ServerStatus(Context& context, Builder& reply) {
  Node& node = context.node;
  const std::string engine = Builder()
                                 .String("name", "wiredTiger")
                                 .Add("supportsCommittedReads", true)
                                 .Add("supportsSnapshotReadConcern", true)
                                 .Add("persistent", true)
                                 .Add("readOnly", false)
                                 .Add("backupCursorOpen", false)
                                 .Finish();
  Builder counters;
  for (const char* name : {"insert", "find", "update", "delete", "getMore"}) {
    counters.Add(name, node.opcounters[name]);
  }
  const std::string ops = counters.Finish();
  const std::string open =
      Builder().Add("total", static_cast<std::int64_t>(node.open_cursors())).Finish();
  const std::string cursors = Builder().Add("open", Document(open)).Finish();
  const std::string metrics = Builder().Add("cursor", Document(cursors)).Finish();
  const std::string cache = Builder()
                                .Add("bytes currently in the cache", std::int64_t{0})
                                .Add("maximum bytes configured", std::int64_t{1} << 30)
                                .Add("tracked dirty bytes in the cache", std::int64_t{0})
                                .Finish();
  const std::string tiger = Builder().Add("cache", Document(cache)).Finish();
  reply.String("host", node.address()).String("version", node.options().version);
  reply.String("process", node.options().router ? "mongos" : "mongod");
  reply.Add("pid", std::int64_t{1})
      .Add("uptime", 1.0)
      .Add("localTime", Date{context.catalog().clock().NowMs()})
      .Add("opcounters", Document(ops))
      .Add("metrics", Document(metrics))
      .Add("storageEngine", Document(engine))
      .Add("wiredTiger", Document(tiger));
  if (node.in_replica_set()) {
    const bool primary = node.IsPrimary();
    const std::string set = Builder()
                                .String("setName", node.options().replica_set)
                                .Add("isWritablePrimary", primary)
                                .Add("secondary", !primary)
                                .Finish();
    reply.Add("repl", Document(set));
  }
  return {};
}

std::string PrivilegeList(Context& context) {
  ArrayBuilder list;
  if (context.client.user) {
    for (const Privilege& privilege : PrivilegesOf(context.catalog(), *context.client.user)) {
      Builder resource;
      if (privilege.scope == Privilege::Scope::kCluster) {
        resource.Add("cluster", true);
      } else if (privilege.scope == Privilege::Scope::kAny) {
        resource.Add("anyResource", true);
      } else {
        resource.String("db", privilege.db).String("collection", privilege.collection);
      }
      ArrayBuilder actions;
      for (const std::string& action : privilege.actions) actions.String(action);
      const std::string where = resource.Finish();
      const std::string what = actions.Finish();
      const std::string entry =
          Builder().Add("resource", Document(where)).Add("actions", Array{Document(what)}).Finish();
      list.Add(Document(entry));
    }
  }
  return list.Finish();
}

Result<void> ConnectionStatus(Context& context, Builder& reply) {
  ArrayBuilder users;
  ArrayBuilder roles;
  if (context.client.user) {
    const UserName& user = *context.client.user;
    const std::string entry = Builder().String("user", user.user).String("db", user.db).Finish();
    users.Add(Document(entry));
    const std::string granted = RolesOfUser(context.catalog(), user);
    for (const Element& role : Document(granted)) roles.Add(role);
  }
  const std::string user_list = users.Finish();
  const std::string role_list = roles.Finish();
  Builder info;
  info.Add("authenticatedUsers", Array{Document(user_list)})
      .Add("authenticatedUserRoles", Array{Document(role_list)});
  const std::string privileges = PrivilegeList(context);
  if (context.command["showPrivileges"].Truthy()) {
    info.Add("authenticatedUserPrivileges", Array{Document(privileges)});
  }
  const std::string made = info.Finish();
  reply.Add("authInfo", Document(made));
  return {};
}

Result<void> GetCmdLineOpts(Context&, Builder& reply) {
  ArrayBuilder words;
  words.String("mongod");
  const std::string list = words.Finish();
  reply.Add("argv", Array{Document(list)}).Add("parsed", Document());
  return {};
}

Result<void> GetLog(Context& context, Builder& reply) {
  const std::string nothing = ArrayBuilder().Finish();
  if (context.target().AsString() != "startupWarnings" && context.target().AsString() != "global") {
    return CommandFailure(kInternalError,
                          "no RamLog named: " + std::string(context.target().AsString()));
  }
  reply.Add("totalLinesWritten", 0).Add("log", Array{Document(nothing)});
  return {};
}

Result<void> HostInfo(Context& context, Builder& reply) {
  const std::string system = Builder()
                                 .Add("currentTime", Date{context.catalog().clock().NowMs()})
                                 .String("hostname", context.node.address())
                                 .Add("cpuAddrSize", 64)
                                 .Finish();
  const std::string os = Builder().Add("type", "Linux").Finish();
  reply.Add("system", Document(system)).Add("os", Document(os)).Add("extra", Document());
  return {};
}

Result<void> ListAllCommands(Context&, Builder& reply) {
  Builder commands;
  for (const auto list :
       {HandshakeCommands(), DiagnosticCommands(), LoginCommands(), UserCommands(), RoleCommands(),
        SessionCommands(), CatalogCommands(), ListCommands(), IndexCommands(), ReadCommands(),
        AggregateCommands(), WriteCommands(), AdminCommands(), ApplyOpsCommands()}) {
    for (const CommandSpec& spec : list) {
      const std::string entry = Builder()
                                    .Add("help", "")
                                    .Add("requiresAuth", spec.access != CommandSpec::Access::kOpen)
                                    .Add("secondaryOk", (spec.flags & CommandSpec::kWrites) == 0)
                                    .Add("adminOnly", (spec.flags & CommandSpec::kAdminOnly) != 0)
                                    .Finish();
      commands.Add(spec.name, Document(entry));
    }
  }
  const std::string made = commands.Finish();
  reply.Add("commands", Document(made));
  return {};
}

Result<void> ListShards(Context& context, Builder& reply) {
  if (!context.node.options().router) {
    return CommandFailure(kCommandNotFound, "no such command: 'listShards'");
  }
  const std::string shard = Builder()
                                .Add("_id", "shard0")
                                .String("host", "shard0/" + context.node.address())
                                .Add("state", 1)
                                .Finish();
  const std::string list = ArrayBuilder().Add(Document(shard)).Finish();
  reply.Add("shards", Array{list});
  return {};
}

Result<void> ReplSetGetStatus(Context& context, Builder& reply) {
  Node& node = context.node;
  if (!node.in_replica_set()) {
    return CommandFailure(kNoReplicationEnabled, "not running with --replSet");
  }
  const bool primary = node.IsPrimary();
  const Timestamp now = context.catalog().clock().last();
  const std::string optime = Builder().Add("ts", now).Add("t", node.oplog().term()).Finish();
  const std::string member = Builder()
                                 .Add("_id", 0)
                                 .String("name", node.address())
                                 .Add("health", 1.0)
                                 .Add("state", primary ? 1 : 2)
                                 .String("stateStr", primary ? "PRIMARY" : "SECONDARY")
                                 .Add("optime", Document(optime))
                                 .Add("self", true)
                                 .Finish();
  ArrayBuilder members;
  members.Add(Document(member));
  const std::string list = members.Finish();
  const std::string optimes = Builder()
                                  .Add("lastCommittedOpTime", Document(optime))
                                  .Add("appliedOpTime", Document(optime))
                                  .Add("durableOpTime", Document(optime))
                                  .Finish();
  reply.String("set", node.options().replica_set)
      .Add("date", Date{context.catalog().clock().NowMs()})
      .Add("myState", primary ? 1 : 2)
      .Add("term", node.oplog().term())
      .Add("optimes", Document(optimes))
      .Add("members", Array{Document(list)});
  return {};
}

constexpr auto kOpen = CommandSpec::Access::kOpen;
constexpr auto kCluster = CommandSpec::Access::kCluster;
constexpr CommandSpec kCommands[] = {
    {"getParameter", kCluster, "getParameter", CommandSpec::kAdminOnly, "*", GetParameter},
    {"setParameter", kCluster, "setParameter", CommandSpec::kAdminOnly, "*", SetParameter},
    {"serverStatus", kCluster, "serverStatus", 0, "*", ServerStatus},
    {"connectionStatus", kOpen, "", 0, "showPrivileges", ConnectionStatus},
    {"getCmdLineOpts", kCluster, "getCmdLineOpts", CommandSpec::kAdminOnly, "", GetCmdLineOpts},
    {"getLog", kCluster, "getLog", CommandSpec::kAdminOnly, "", GetLog},
    {"hostInfo", kCluster, "hostInfo", 0, "", HostInfo},
    {"listCommands", kOpen, "", 0, "", ListAllCommands},
    {"listShards", kCluster, "listShards", CommandSpec::kAdminOnly, "", ListShards},
    {"replSetGetStatus", kCluster, "replSetGetStatus", CommandSpec::kAdminOnly, "initialSync",
     ReplSetGetStatus},
};

}  // namespace

std::span<const CommandSpec> DiagnosticCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
