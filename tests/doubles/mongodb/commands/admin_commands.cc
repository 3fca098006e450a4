#include "doubles/mongodb/commands/command.h"
#include "doubles/mongodb/server/version.h"

namespace dbstow::doubles::mongodb {
namespace {

/// Whether a router of this version locks its shards.
bool RouterLocks(const std::string& version) {
  const auto numbers = VersionNumbers(version);
  if (numbers[0] == 5) return AtLeast(version, {5, 0, 22});
  if (numbers[0] == 6) return AtLeast(version, {6, 0, 11});
  return AtLeast(version, {7, 0, 2});
}

Result<void> Fsync(Context& context, Builder& reply) {
  if (!context.command["lock"].Truthy()) {
    reply.Add("numFiles", 1);
    return {};
  }
  if (context.node.options().router && !RouterLocks(context.node.options().version)) {
    return CommandFailure(kCommandNotSupported, "can't do lock through mongos");
  }
  ++context.node.lock_count;
  reply.Add("info", "now locked against writes, use db.fsyncUnlock() to unlock")
      .Add("lockCount", context.node.lock_count)
      .Add("seeAlso", "http://dochub.mongodb.org/core/fsynccommand");
  return {};
}

Result<void> FsyncUnlock(Context& context, Builder& reply) {
  if (context.node.lock_count == 0) {
    return CommandFailure(kIllegalOperation, "fsyncUnlock called when not locked");
  }
  --context.node.lock_count;
  reply.Add("info", "fsyncUnlock completed").Add("lockCount", context.node.lock_count);
  return {};
}

Result<void> AppendOplogNote(Context& context, Builder&) {
  if (!context.node.in_replica_set()) {
    return CommandFailure(kNoReplicationEnabled,
                          "Must have replication set up to run \"appendOplogNote\"");
  }
  if (!context.command["data"].Is(BsonType::kObject)) {
    return CommandFailure(kNoSuchKey, "Missing expected field \"data\"");
  }
  context.node.oplog().Append({"n", "", "", context.command["data"].AsDocument().Copy(), ""});
  return {};
}

Result<void> StepDown(Context& context, Builder&) {
  if (!context.node.in_replica_set()) {
    return CommandFailure(kNoReplicationEnabled, "not running with --replSet");
  }
  const std::int64_t seconds = context.target().AsInt64();
  if (!context.target().IsNumber() || seconds < 0) {
    return CommandFailure(kBadValue, "stepdown period must be a non-negative integer");
  }
  // This command itself is not interrupted.
  context.node.StepDown(std::chrono::seconds(seconds));
  context.step_downs = context.node.step_downs();
  return {};
}

/// Sizes of one database.
Result<void> DbStats(Context& context, Builder& reply) {
  std::int64_t objects = 0;
  std::int64_t bytes = 0;
  std::int64_t indexes = 0;
  const auto collections = context.catalog().InDatabase(context.db);
  for (const Collection* collection : collections) {
    objects += collection->count();
    bytes += collection->bytes();
    indexes += static_cast<std::int64_t>(collection->indexes().size());
  }
  reply.String("db", context.db)
      .Add("collections", static_cast<std::int64_t>(collections.size()))
      .Add("views", static_cast<std::int64_t>(context.catalog().ViewsIn(context.db).size()))
      .Add("objects", objects)
      .Add("dataSize", static_cast<double>(bytes))
      .Add("storageSize", static_cast<double>(bytes))
      .Add("indexes", indexes)
      .Add("scaleFactor", std::int64_t{1});
  return {};
}

using Access = CommandSpec::Access;
constexpr unsigned kAdminOnly = CommandSpec::kAdminOnly;
constexpr CommandSpec kCommands[] = {
    {"fsync", Access::kCluster, "fsync", kAdminOnly, "lock", Fsync},
    {"fsyncUnlock", Access::kCluster, "unlock", kAdminOnly, "", FsyncUnlock},
    {"appendOplogNote", Access::kCluster, "appendOplogNote", kAdminOnly | CommandSpec::kWrites,
     "data maxClusterTime", AppendOplogNote},
    {"replSetStepDown", Access::kCluster, "replSetStateChange", kAdminOnly | CommandSpec::kWrites,
     "secondaryCatchUpPeriodSecs force", StepDown},
    {"dbStats", Access::kDatabase, "dbStats", 0, "scale freeStorage", DbStats},
};

}  // namespace

std::span<const CommandSpec> AdminCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
