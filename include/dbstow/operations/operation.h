#pragma once

#include <string>
#include <vector>

#include "dbstow/core/database_instance.h"
#include "dbstow/core/engine_registry.h"
#include "dbstow/core/operation_result.h"

namespace dbstow {

/// What the executor must know of an operation before it runs it.
struct OperationFacts {
  /// Whether, and how, the live instance is looked at before the operation runs.
  enum class Probe {
    kRequired,   ///< it must be there
    kThorough,   ///< it must be there, and is looked at as closely as its engine can
    kIfPresent,  ///< a missing or damaged database is a warning: a restore is what heals it
    kNone,       ///< the operation does without it: export, prune, checks of the repository
  };
  /// Whether a transient failure may be answered by running the whole operation again.
  enum class Repeat { kWhenTransient, kNever };
  /// What only looks is done anew each time: an earlier look, returned for an idempotency key,
  /// would tell of a state that is no more.
  enum class Effect { kChanges, kLooks };

  std::string name;    ///< "backup", "restore", …: for audit, metrics and results
  std::string target;  ///< what it writes, for the audit record: a database, a chain, a path
  std::vector<std::string> capabilities;  ///< all of them must be available; checked in this order
  std::string lease;  ///< what nobody else may work on meanwhile; empty: it disturbs nobody
  Probe probe = Probe::kRequired;
  Repeat repeat = Repeat::kWhenTransient;
  Effect effect = Effect::kChanges;
  /// Everything that was asked for, option by option: an idempotency key stands for this and
  /// nothing else. Holds no secret.
  StringMap request = {};
  /// Set where one request is an operation for each of several things (the chains of a prune): each
  /// has its own result under the one key.
  std::string part = {};
};

/// One thing to do to one instance; run it through `OperationExecutor`, which adds everything that
/// all operations have in common. A value of a run: execute one operation object once at a time.
class Operation {
 public:
  virtual ~Operation() = default;
  /// Must not block and must not change while the operation runs.
  [[nodiscard]] virtual OperationFacts Facts(const DatabaseInstance& instance) const = 0;
  /// Checks the options against what the engine knows, without connecting.
  /// Errors: InvalidOptions naming the nearest known word; UnsupportedCapability for what the
  /// engine can never do.
  [[nodiscard]] virtual Result<void> Validate(const EngineDescriptor& engine) const = 0;
  /// Does it, once. Blocks; honours the context's deadline and stop token. A returned result may
  /// carry an error (a check that found damage); a returned error means that it was not done.
  [[nodiscard]] virtual Result<OperationResult> Run(DatabaseInstance& instance,
                                                    OperationContext& context) = 0;
};

/// An instance that is known only from its backups: no connection, no capabilities. For operations
/// that need no server (prune, checks of level 0 to 2), when the configuration no longer has it.
class RecordedInstance final : public DatabaseInstance {
 public:
  RecordedInstance(DatabaseEngine engine, std::string name);

 protected:
  /// Errors: always NotFound.
  [[nodiscard]] Result<InstanceState> Probe(OperationContext& context) override;
};

}  // namespace dbstow
