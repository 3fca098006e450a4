#include "doubles/mongodb/commands/command.h"
#include "doubles/mongodb/server/version.h"
#include "doubles/mongodb/wire/message.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::int32_t kMaxWriteBatch = 100000;
constexpr std::int32_t kSessionTimeoutMinutes = 30;

void AddReplicaSet(Context& context, bool primary, Builder& reply) {
  Node& node = context.node;
  ArrayBuilder hosts;
  hosts.String(node.address());
  const std::string list = hosts.Finish();
  reply.Add("hosts", Array{Document(list)});
  reply.String("setName", node.options().replica_set).Add("setVersion", 1);
  reply.Add("secondary", !primary);
  if (primary) {
    std::string election(12, '\0');
    election[11] = static_cast<char>(node.elections());
    election[0] = '\x7F';
    reply.String("primary", node.address()).Add("electionId", ObjectId{election});
  }
  reply.String("me", node.address());
  const Timestamp now = context.catalog().clock().last();
  const std::string optime = Builder().Add("ts", now).Add("t", node.oplog().term()).Finish();
  const Date date{static_cast<std::int64_t>(now.seconds()) * 1000};
  const std::string last = Builder()
                               .Add("opTime", Document(optime))
                               .Add("lastWriteDate", date)
                               .Add("majorityOpTime", Document(optime))
                               .Add("majorityWriteDate", date)
                               .Finish();
  reply.Add("lastWrite", Document(last));
}

Result<void> AddMechanisms(const Context& context, Builder& reply) {
  const Element asked = context.command["saslSupportedMechs"];
  if (!asked) return {};
  DBSTOW_TRY(ParseNamespace(asked.AsString()));
  // The same for users that there are not, so that their login fails with 18 as well.
  ArrayBuilder mechanisms;
  mechanisms.String("SCRAM-SHA-256");
  const std::string list = mechanisms.Finish();
  reply.Add("saslSupportedMechs", Array{Document(list)});
  return {};
}

Result<void> Greet(Context& context, std::string_view primary_field, Builder& reply) {
  const bool primary = context.node.IsPrimary();
  const WireRange wire = WireRangeOf(context.node.options().version);
  reply.Add("helloOk", true).Add(primary_field, primary);
  if (context.node.in_replica_set()) AddReplicaSet(context, primary, reply);
  if (context.node.options().router) reply.Add("msg", "isdbgrid");
  reply.Add("maxBsonObjectSize", static_cast<std::int32_t>(kMaxDocumentBytes))
      .Add("maxMessageSizeBytes", static_cast<std::int32_t>(kMaxMessageBytes))
      .Add("maxWriteBatchSize", kMaxWriteBatch)
      .Add("localTime", Date{context.catalog().clock().NowMs()})
      .Add("logicalSessionTimeoutMinutes", kSessionTimeoutMinutes)
      .Add("connectionId", context.client.connection_id)
      .Add("minWireVersion", wire.min)
      .Add("maxWireVersion", wire.max)
      .Add("readOnly", false);
  return AddMechanisms(context, reply);
}

Result<void> Hello(Context& context, Builder& reply) {
  return Greet(context, "isWritablePrimary", reply);
}

Result<void> IsMaster(Context& context, Builder& reply) {
  return Greet(context, "ismaster", reply);
}

Result<void> Ping(Context&, Builder&) { return {}; }

Result<void> BuildInfo(Context& context, Builder& reply) {
  const std::string& version = context.node.options().version;
  reply.String("version", version);
  reply.String("gitVersion", "0000000000000000000000000000000000000000");
  ArrayBuilder numbers;
  for (const int number : VersionNumbers(version)) numbers.Add(number);
  numbers.Add(0);
  const std::string array = numbers.Finish();
  ArrayBuilder engines;
  engines.String("wiredTiger");
  const std::string engine_list = engines.Finish();
  const std::string nothing = ArrayBuilder().Finish();
  reply.Add("modules", Array{Document(nothing)})
      .Add("versionArray", Array{Document(array)})
      .Add("storageEngines", Array{Document(engine_list)})
      .Add("bits", 64)
      .Add("debug", false)
      .Add("maxBsonObjectSize", static_cast<std::int32_t>(kMaxDocumentBytes));
  return {};
}

Result<void> WhatsMyUri(Context&, Builder& reply) {
  reply.String("you", "127.0.0.1:0");
  return {};
}

// Clients of any age greet any server: unknown fields are passed over.
constexpr std::string_view kHelloFields = "*";

constexpr auto kOpen = CommandSpec::Access::kOpen;
constexpr CommandSpec kCommands[] = {
    {"hello", kOpen, "", 0, kHelloFields, Hello},
    {"isMaster", kOpen, "", 0, kHelloFields, IsMaster},
    {"ismaster", kOpen, "", 0, kHelloFields, IsMaster},
    {"ping", kOpen, "", 0, "", Ping},
    {"buildInfo", kOpen, "", 0, "", BuildInfo},
    {"buildinfo", kOpen, "", 0, "", BuildInfo},
    {"whatsmyuri", kOpen, "", 0, "", WhatsMyUri},
};

}  // namespace

std::span<const CommandSpec> HandshakeCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
