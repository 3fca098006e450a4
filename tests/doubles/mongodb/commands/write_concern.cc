#include "doubles/mongodb/commands/write_concern.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr int kUnknownWriteConcern = 79;
constexpr int kUnsatisfiableWriteConcern = 100;
constexpr std::int64_t kMostMembers = 50;

}  // namespace

Result<void> CheckWriteConcern(const Context& context) {
  const Element concern = context.command["writeConcern"];
  if (!concern) return {};
  if (!concern.Is(BsonType::kObject)) {
    return CommandFailure(kTypeMismatch, "writeConcern has to be an object");
  }
  if (context.transaction != nullptr && context.target().name() != "commitTransaction" &&
      context.target().name() != "abortTransaction") {
    return CommandFailure(kInvalidOptions,
                          "writeConcern is not allowed within a multi-statement transaction");
  }
  for (const Element& field : concern.AsDocument()) {
    const std::string_view name = field.name();
    if (name == "j" || name == "fsync" || name == "wtimeout" || name == "provenance") continue;
    if (name != "w") {
      constexpr int kUnknownField = 40415;
      return CommandFailure(kUnknownField, "BSON field 'writeConcern." + std::string(name) +
                                               "' is an unknown field.");
    }
    const std::int64_t members = field.AsInt64();
    const bool number = field.IsNumber();
    if (!number && !field.Is(BsonType::kString)) {
      return CommandFailure(kFailedToParse, "w has to be a number, string, or object");
    }
    if (number && (members < 0 || members > kMostMembers)) {
      return CommandFailure(kFailedToParse,
                            "w has to be a non-negative number and not greater than 50");
    }
    if (context.node.has_cluster_time()) continue;
    if (number && members > 1) {
      return CommandFailure(kBadValue, "cannot use 'w' > 1 when a host is not replicated");
    }
    if (!number && field.AsString() != "majority") {
      return CommandFailure(kBadValue, "cannot use non-majority 'w' mode " +
                                           std::string(field.AsString()) +
                                           " when a host is not a member of a replica set");
    }
  }
  return {};
}

void AddWriteConcernError(const Context& context, Builder& reply) {
  const Element wanted = context.command["writeConcern"].AsDocument()["w"];
  Builder error;
  if (wanted.IsNumber() && wanted.AsInt64() > 1) {
    error.Add("code", kUnsatisfiableWriteConcern)
        .Add("codeName", "UnsatisfiableWriteConcern")
        .Add("errmsg", "Not enough data-bearing nodes");
  } else if (wanted.Is(BsonType::kString) && wanted.AsString() != "majority") {
    error.Add("code", kUnknownWriteConcern)
        .Add("codeName", "UnknownReplWriteConcern")
        .String("errmsg", "No write concern mode named '" + std::string(wanted.AsString()) +
                              "' found in replica set configuration");
  } else {
    return;
  }
  const std::string made = error.Finish();
  reply.Add("writeConcernError", Document(made));
}

}  // namespace dbstow::doubles::mongodb
