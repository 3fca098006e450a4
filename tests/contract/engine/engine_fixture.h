#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dbstow/core/engine_registry.h"
#include "support/fakes.h"

namespace dbstow::test {

/// What an engine may declare that it cannot show.
enum class Behaviour { kWrongPassword, kMissingRight, kClone, kCut, kServerKilled };

/// A way to a database, good for as long as `until` lives.
struct Access {
  InstanceSpec spec;
  std::shared_ptr<void> until;
};

/// What the contract needs to know of an engine on one server: how to make databases of it, change
/// them, and look at them *without* the engine's code. One object serves all cases of a program, so
/// a server started by `Start` is started once. Databases of one case must not disturb those of
/// another.
class EngineFixture {
 public:
  virtual ~EngineFixture() = default;

  /// Called once, before anything else. The reason when the engine cannot be tested here: all cases
  /// are then reported skipped.
  [[nodiscard]] virtual std::optional<std::string> Start() = 0;
  /// The answer of the one call to `Start`.
  [[nodiscard]] std::optional<std::string> StartOnce() {
    if (!started_) started_ = Start();
    return *started_;
  }
  /// Which server it is, in letters and digits: it is part of the names of the cases.
  [[nodiscard]] virtual std::string server() const { return "Only"; }
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

  /// A moment between what was done before and what comes after, by the server's clock.
  [[nodiscard]] virtual TimePoint Now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
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

  /// The behaviours that the engine cannot show, each with the reason. There is no other way to
  /// leave a case of the contract out, and what is declared must hold: a case then shows that the
  /// engine does not have the behaviour.
  [[nodiscard]] virtual std::map<Behaviour, std::string> Deviations() const { return {}; }

  // Each of the following must be there unless the fixture deviates from the behaviour.

  /// kWrongPassword: the database, with the password `kWrongPassword`.
  static constexpr const char* kWrongPassword = "canary, not the password";
  [[nodiscard]] virtual InstanceSpec WithWrongPassword(const InstanceSpec& database, TestContext&) {
    return database;
  }
  /// kMissingRight: the database, for somebody who may not read all of it.
  [[nodiscard]] virtual Result<Access> WithoutRights(const InstanceSpec& database, TestContext&) {
    return Error(ErrorCode::kInternal, "the fixture cannot take rights on " + database.name);
  }
  /// kCut: from now on connections break, until `Mend`.
  virtual void Cut() {}
  virtual void Mend() {}
  /// kServerKilled: the server dies as in a power cut, and comes back with `Mend`.
  virtual void KillServer() {}
  /// Waits until the server has noticed that a client was killed.
  virtual void Settle() {}

 private:
  std::optional<std::optional<std::string>> started_;
};

/// Defined by each `<engine>_fixture.cc`: one per server that the engine can be tested on, at least
/// one.
[[nodiscard]] std::vector<std::unique_ptr<EngineFixture>> MakeEngineFixtures();

}  // namespace dbstow::test
