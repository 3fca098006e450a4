#include "cli/commands.h"

namespace dbstow::cli {
namespace {

Result<repository::Repository*> OpenForKeys(Session& session) {
  DBSTOW_ASSIGN(app::OpenedRepository * opened, session.RepositoryToRead());
  return opened->repository();
}

Result<SecretString> NewPassphrase(Session& session) {
  const auto ref = SecretRef::Parse(session.arguments().new_secret);
  if (!ref) {
    return Error(ErrorCode::kInvalidOptions, "--new-secret: " + ref.error().message())
        .WithHint(ref.error().hint());
  }
  DBSTOW_ASSIGN(app::Application * application, session.Application());
  return application->secrets().Resolve(*ref, session.deadline(), session.stop());
}

std::string RepositoryName(Session& session) {
  const auto opened = session.RepositoryToRead();
  return opened ? (*opened)->uri() : "";
}

/// Runs it with audit records, or says that a dry run would.
Result<OperationResult> Change(Session& session, const std::string& operation,
                               const std::function<Result<void>()>& body) {
  const std::string target = RepositoryName(session);
  session.Plan({{"operation", operation}, {"repository", target}});
  if (session.arguments().dry_run) return Done("nothing prevents " + operation + " of " + target);
  return session.Audited(operation, target, body);
}

Result<void> RemoveSlot(repository::Repository& repository, const std::string& slot) {
  auto removed = repository.RemoveKeySlot(slot);
  if (removed || removed.error().code() != ErrorCode::kNotFound) return removed;
  return std::move(removed).error().WithHint("dbstow key list shows the slots that there are");
}

}  // namespace

Result<OperationResult> RunInit(Session& session) {
  DBSTOW_ASSIGN(app::Application * application, session.Application());
  DBSTOW_ASSIGN(const RepositoryAddress address, session.Address());
  const std::string uri =
      address.uri.empty() ? application->configuration().repository_uri : address.uri;
  session.Plan({{"operation", "init"}, {"repository", uri}});
  if (session.arguments().dry_run) {
    DBSTOW_TRY(application->stores().Open(uri));
    return Done("nothing prevents a repository at " + uri);
  }
  std::unique_ptr<app::OpenedRepository> created;
  DBSTOW_ASSIGN(OperationResult result, session.Audited("init", uri, [&]() -> Result<void> {
    DBSTOW_ASSIGN(created, application->repositories().Create(address));
    return {};
  }));
  session.output().Note("Keep the passphrase safe: without it nobody can restore.");
  session.output().Datum(created->uri());
  result.message = "created repository " + created->uri();
  return result;
}

Result<OperationResult> RunKeyList(Session& session) {
  DBSTOW_ASSIGN(repository::Repository * repository, OpenForKeys(session));
  DBSTOW_ASSIGN(const auto slots, repository->KeySlots());
  std::vector<Fields> rows;
  for (const auto& slot : slots) rows.push_back({{"slot", slot.id}, {"label", slot.label}});
  session.output().List("key", rows);
  return Done("", {{"operation", "key list"}, {"count", std::to_string(slots.size())}});
}

Result<OperationResult> RunKeyAdd(Session& session) {
  DBSTOW_ASSIGN(repository::Repository * repository, OpenForKeys(session));
  DBSTOW_ASSIGN(const SecretString passphrase, NewPassphrase(session));
  std::string slot;
  DBSTOW_ASSIGN(OperationResult result, Change(session, "key add", [&]() -> Result<void> {
                  DBSTOW_ASSIGN(const auto added,
                                repository->AddKeySlot({passphrase}, session.arguments().label));
                  slot = added.id;
                  return {};
                }));
  if (slot.empty()) return result;
  session.output().Datum(slot);
  result.message = "added key slot " + slot;
  result.details["slot"] = slot;
  return result;
}

Result<OperationResult> RunKeyRemove(Session& session) {
  DBSTOW_ASSIGN(repository::Repository * repository, OpenForKeys(session));
  const std::string& slot = session.arguments().word;
  DBSTOW_TRY(session.Confirm("Whoever has only this passphrase is locked out.", slot));
  DBSTOW_ASSIGN(OperationResult result, Change(session, "key remove", [&]() -> Result<void> {
                  return RemoveSlot(*repository, slot);
                }));
  if (result.message.empty()) result.message = "removed key slot " + slot;
  return result;
}

Result<OperationResult> RunKeyRotate(Session& session) {
  DBSTOW_ASSIGN(repository::Repository * repository, OpenForKeys(session));
  DBSTOW_ASSIGN(const SecretString passphrase, NewPassphrase(session));
  DBSTOW_TRY(session.Confirm(
      "Only the new passphrase opens the repository afterwards; other slots must be added again.",
      "rotate"));
  DBSTOW_ASSIGN(OperationResult result, Change(session, "key rotate", [&]() -> Result<void> {
                  return repository->RotateEpoch({passphrase});
                }));
  if (result.message.empty()) {
    result.message =
        "all later backups are encrypted with a new key; the next one of each "
        "instance stores everything";
  }
  return result;
}

}  // namespace dbstow::cli
