#include <filesystem>
#include <fstream>

#include "contract/engine/engine_fixture.h"
#include "engines/toy/register.h"
#include "engines/toy/toy_shelf.h"
#include "support/program_run.h"

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;

class ToyFixture final : public EngineFixture {
 public:
  std::optional<std::string> Start() override { return std::nullopt; }
  Result<void> Register(EngineRegistry& registry) override {
    return RegisterToy(registry, {*files_, *processes_});
  }

  Result<InstanceSpec> CreateDatabase() override {
    const std::string name = "toy " + std::to_string(++count_);
    toy::Rows rows;
    for (int i = 0; i < 3000; ++i) rows["row " + std::to_string(i)] = std::to_string(i * i);
    Put(name, rows);
    return Spec(name);
  }
  Result<void> Mutate(const InstanceSpec& database) override {
    toy::Rows rows = toy::Decode(ReadWholeFile(database.connection.database));
    rows.erase(rows.begin());
    rows.begin()->second += " changed";
    rows["new " + std::to_string(++count_)] = "";
    Put(fs::path(database.connection.database).filename(), rows);
    return {};
  }
  Result<std::string> Contents(const InstanceSpec& database) override {
    return ReadWholeFile(database.connection.database);
  }

  std::string NewTarget() override { return "target " + std::to_string(++count_); }
  InstanceSpec AtTarget(const InstanceSpec&, const std::string& target) override {
    return Spec(target);
  }
  Result<std::set<std::string>> Listing() override {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(shelf_.path())) {
      names.insert(entry.path().filename());
    }
    return names;
  }

  [[nodiscard]] std::map<Behaviour, std::string> Deviations() const override {
    const std::string reason = "the toy's server is a folder of this machine";
    return {{Behaviour::kWrongPassword, reason},
            {Behaviour::kMissingRight, reason},
            {Behaviour::kCut, reason},
            {Behaviour::kServerKilled, reason}};
  }

 private:
  [[nodiscard]] InstanceSpec Spec(const std::string& name) const {
    return {DatabaseEngine("toy"), name, "", ConnectionInfo{.database = shelf_ / name}};
  }
  void Put(const std::string& name, const toy::Rows& rows) const {
    std::ofstream(shelf_ / name, std::ios::binary) << toy::Encode(rows);
  }

  ScratchFolder shelf_;
  int count_ = 0;
  std::unique_ptr<io::FileSystem> files_ = io::CreatePosixFileSystem();
  std::unique_ptr<io::ProcessRunner> processes_ = io::CreatePosixProcessRunner();
};

}  // namespace

std::vector<std::unique_ptr<EngineFixture>> MakeEngineFixtures() {
  std::vector<std::unique_ptr<EngineFixture>> fixtures;
  fixtures.push_back(std::make_unique<ToyFixture>());
  return fixtures;
}

}  // namespace dbstow::test
