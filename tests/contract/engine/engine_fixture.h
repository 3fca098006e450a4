#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "dbstow/core/engine_registry.h"
#include "support/fakes.h"

namespace dbstow::test {

/// What the contract needs to know of an engine: how to make databases of it, change them, and look
/// at them *without* the engine's code. One object serves all cases of a program, so a server
/// started by `Start` is started once. Databases of one case must not disturb those of another.
class EngineFixture {
 public:
  virtual ~EngineFixture() = default;

  /// Called once, before anything else. The reason when the engine cannot be tested here: all cases
  /// are then reported skipped.
  [[nodiscard]] virtual std::optional<std::string> Start() = 0;
  [[nodiscard]] virtual Result<void> Register(EngineRegistry& registry) = 0;

  /// Makes a fresh database with a few thousand rows in several tables, and names nobody expects.
  /// The same contents every time. The instance's name is unique.
  [[nodiscard]] virtual Result<InstanceSpec> CreateDatabase() = 0;
  /// Changes, adds and removes rows.
  [[nodiscard]] virtual Result<void> Mutate(const InstanceSpec& database) = 0;
  /// Everything in it, as text that is equal when the contents are.
  [[nodiscard]] virtual Result<std::string> Contents(const InstanceSpec& database) = 0;

  /// A target name for restore and clone under which nothing is yet.
  [[nodiscard]] virtual std::string NewTarget() = 0;
  /// The database that a restore or clone of `source` to this target name made.
  [[nodiscard]] virtual InstanceSpec AtTarget(const InstanceSpec& source,
                                              const std::string& target) = 0;
  /// The names of all that lies where databases are made: databases on the server, files in the
  /// folder. What appears here and was not asked for is debris.
  [[nodiscard]] virtual Result<std::set<std::string>> Listing() = 0;

  /// The type of backup to test with.
  [[nodiscard]] virtual BackupType type() const { return BackupType::kFull; }
  /// Fills in what instances need: secrets.
  virtual void Prepare(TestContext&) {}
  /// A path for an export that does not exist yet; empty when the engine exports nothing.
  [[nodiscard]] virtual std::string NewExportPath() { return {}; }
  /// The contents of an export, read by the engine's own tools, comparable with `Contents`.
  [[nodiscard]] virtual Result<std::string> ExportedContents(const std::string& path) {
    return Error(ErrorCode::kInternal, "the fixture cannot read exports: " + path);
  }
};

/// Defined by each `<engine>_fixture.cc`.
[[nodiscard]] std::unique_ptr<EngineFixture> MakeEngineFixture();

}  // namespace dbstow::test
