#include <algorithm>

#include "doubles/mongodb/commands/command.h"

namespace dbstow::doubles::mongodb {

std::string Context::SessionId() const {
  if (origin.session.empty()) return {};
  return std::string(Document(origin.session)["id"].AsBinary());
}

Result<Namespace> Context::TargetNamespace() const {
  if (!target().Is(BsonType::kString)) {
    return CommandFailure(kInvalidNamespace, "collection name has invalid type " +
                                                 std::string(TypeName(target().type())));
  }
  const std::string_view name = target().AsString();
  if (name.empty() || name.find('\0') != std::string_view::npos) {
    return CommandFailure(kInvalidNamespace,
                          "Invalid namespace specified '" + db + "." + std::string(name) + "'");
  }
  return Namespace{db, std::string(name)};
}

Result<Namespace> Context::TargetNamespaceOrUuid() const {
  if (!target().Is(BsonType::kBinary)) return TargetNamespace();
  const Collection* found = node.catalog().FindByUuid(target().AsBinary());
  if (found == nullptr || found->ns().db != db || target().BinarySubtype() != 4) {
    return CommandFailure(kNamespaceNotFound, "Unable to resolve UUID in database " + db);
  }
  return found->ns();
}

Result<void> Context::WaitUntil(const std::function<bool()>& ready) {
  while (!ready()) {
    if (stop.stop_requested()) {
      return CommandFailure(kInterruptedAtShutdown, "interrupted at shutdown");
    }
    if (node.step_downs() != step_downs) {
      return CommandFailure(kInterruptedDueToReplStateChange,
                            "operation was interrupted because the node stepped down");
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return CommandFailure(kMaxTimeMsExpired, "operation exceeded time limit");
    }
    // Looks again now and then, because the end of a step-down is nobody's event.
    const auto next = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    ++node.waiting;
    node.changed.wait_until(lock, stop, std::min(next, deadline), ready);
    --node.waiting;
  }
  return {};
}

bool Context::May(std::string_view action, const Namespace& ns) const {
  if (!node.options().authorization) return true;
  return client.user && Allows(PrivilegesOf(node.catalog(), *client.user), action, ns);
}

bool Context::MayOnCluster(std::string_view action) const {
  if (!node.options().authorization) return true;
  return client.user && AllowsOnCluster(PrivilegesOf(node.catalog(), *client.user), action);
}

Result<void> Context::Authorize(std::string_view action, const Namespace& ns) const {
  if (May(action, ns)) return {};
  return CommandFailure(kUnauthorized, "not authorized on " + ns.db + " to execute command " +
                                           std::string(target().name()));
}

Result<void> Context::AuthorizeOnCluster(std::string_view action) const {
  if (MayOnCluster(action)) return {};
  return CommandFailure(
      kUnauthorized, "not authorized on admin to execute command " + std::string(target().name()));
}

Result<void> RefuseOptions(const Document& command,
                           std::initializer_list<std::string_view> options) {
  for (const std::string_view name : options) {
    const Element option = command[name];
    if (!option.Truthy() || (option.IsContainer() && option.AsDocument().empty())) continue;
    return CommandFailure(kCommandNotSupported,
                          "this server does not support '" + std::string(name) + "'");
  }
  return {};
}

Result<void> ReplyWithCursor(Context& context, std::unique_ptr<Cursor> cursor,
                             const std::string& ns, std::int64_t first_batch, Builder& reply) {
  Collection* collection = cursor->collection_uuid().empty()
                               ? nullptr
                               : context.catalog().FindByUuid(cursor->collection_uuid());
  DBSTOW_ASSIGN(const Batch batch, cursor->Next(collection, context.view(), first_batch));
  cursor->session = context.SessionId();
  if (context.client.user) cursor->user = context.client.user->db + "." + context.client.user->user;
  cursor->in_transaction = context.transaction != nullptr;
  // A tailable cursor over nothing is dead at once.
  const bool dead_tail = cursor->tailable() && collection != nullptr && collection->count() == 0;
  const bool keep = !cursor->exhausted() && !cursor->request().single_batch && !dead_tail;
  Builder body;
  body.Add("firstBatch", Array{Document(batch.documents)});
  if (!batch.resume_token.empty()) body.Add("postBatchResumeToken", Document(batch.resume_token));
  if (context.snapshot && context.read_at != kLatest) {
    body.Add("atClusterTime", Timestamp{context.read_at});
  }
  body.Add("id", keep ? context.node.AddCursor(std::move(cursor)) : std::int64_t{0});
  body.String("ns", ns);
  const std::string made = body.Finish();
  reply.Add("cursor", Document(made));
  return {};
}

}  // namespace dbstow::doubles::mongodb
