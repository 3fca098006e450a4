#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/server/node.h"

namespace dbstow::doubles::mongodb {

/// Everything a command may use while it runs.
struct Context {
  Node& node;
  Client& client;
  std::unique_lock<std::mutex>& lock;  ///< of `node.mutex`, held
  std::stop_token stop;
  Document command;
  std::string db;
  WriteOrigin origin;                  ///< session and transaction number
  Transaction* transaction = nullptr;  ///< that this command is part of
  std::uint64_t read_at = kLatest;
  bool snapshot = false;  ///< read concern snapshot was asked for
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::uint64_t step_downs = 0;  ///< when the command began
  bool watches = false;          ///< it reads on in a change stream

  [[nodiscard]] Catalog& catalog() const { return node.catalog(); }
  [[nodiscard]] View view() const {
    return transaction != nullptr ? View(transaction->read_at, transaction) : View(read_at);
  }
  /// The bytes of the session's id; empty without one.
  [[nodiscard]] std::string SessionId() const;
  /// The value of the command's own field.
  [[nodiscard]] Element target() const { return command.First(); }
  /// The collection that the command's own field names. Errors: InvalidNamespace.
  [[nodiscard]] Result<Namespace> TargetNamespace() const;
  /// The same, where the field may also be a collection's UUID. Errors: also NamespaceNotFound.
  [[nodiscard]] Result<Namespace> TargetNamespaceOrUuid() const;
  /// Waits, without the lock, until `ready` holds. Errors: MaxTimeMSExpired,
  /// InterruptedAtShutdown, InterruptedDueToReplStateChange.
  [[nodiscard]] Result<void> WaitUntil(const std::function<bool()>& ready);
  /// Errors: Unauthorized (13) when authorisation is on and the user may not.
  [[nodiscard]] Result<void> Authorize(std::string_view action, const Namespace& ns) const;
  [[nodiscard]] Result<void> AuthorizeOnCluster(std::string_view action) const;
  [[nodiscard]] bool MayOnCluster(std::string_view action) const;
  [[nodiscard]] bool May(std::string_view action, const Namespace& ns) const;
};

/// What a command is allowed and needs; the fields of the command that its parser knows.
struct CommandSpec {
  enum class Access {
    kOpen,        ///< before a login as well
    kLogin,       ///< any user
    kCollection,  ///< `action` on the collection that the command names
    kDatabase,    ///< `action` on the database
    kCluster,     ///< `action` on the cluster
    kOwn,         ///< the handler asks
  };
  enum Flags : unsigned {
    kReads = 1,          ///< needs a primary, unless the reader allows a secondary
    kWrites = 2,         ///< needs a primary, waits for fsync unlock
    kInTransaction = 4,  ///< may be part of one
    kRetryable = 8,      ///< a retry with the same number is answered, not repeated
    kAdminOnly = 16,     ///< only against the database admin
  };
  std::string_view name;
  Access access;
  std::string_view action;
  unsigned flags;
  /// Fields of the command besides the generic ones, separated by blanks; "*" takes any.
  std::string_view fields;
  /// Adds the reply's fields, without `ok`.
  Result<void> (*run)(Context&, Builder& reply);
};

/// The commands of each file.
[[nodiscard]] std::span<const CommandSpec> HandshakeCommands();
[[nodiscard]] std::span<const CommandSpec> DiagnosticCommands();
[[nodiscard]] std::span<const CommandSpec> LoginCommands();
[[nodiscard]] std::span<const CommandSpec> UserCommands();
[[nodiscard]] std::span<const CommandSpec> RoleCommands();
[[nodiscard]] std::span<const CommandSpec> SessionCommands();
[[nodiscard]] std::span<const CommandSpec> CatalogCommands();
[[nodiscard]] std::span<const CommandSpec> ListCommands();
[[nodiscard]] std::span<const CommandSpec> IndexCommands();
[[nodiscard]] std::span<const CommandSpec> ReadCommands();
[[nodiscard]] std::span<const CommandSpec> AggregateCommands();
[[nodiscard]] std::span<const CommandSpec> WriteCommands();
[[nodiscard]] std::span<const CommandSpec> AdminCommands();
[[nodiscard]] std::span<const CommandSpec> ApplyOpsCommands();

[[nodiscard]] const CommandSpec* FindCommand(std::string_view name);

/// For options that this double leaves out. Errors: CommandNotSupported when one of them asks for
/// something, which false, null and empty values do not.
[[nodiscard]] Result<void> RefuseOptions(const Document& command,
                                         std::initializer_list<std::string_view> options);

/// `cursor: {id, ns, firstBatch}` with the first batch of a new cursor.
[[nodiscard]] Result<void> ReplyWithCursor(Context& context, std::unique_ptr<Cursor> cursor,
                                           const std::string& ns, std::int64_t first_batch,
                                           Builder& reply);

}  // namespace dbstow::doubles::mongodb
