#include "contract/engine/engine_fixture.h"
#include "toy_engine/toy_engine.h"

namespace dbstow::test {
namespace {

class ToyFixture final : public EngineFixture {
 public:
  std::optional<std::string> Start() override { return std::nullopt; }
  Result<void> Register(EngineRegistry& registry) override {
    return toy::RegisterToy(registry, server_);
  }

  Result<InstanceSpec> CreateDatabase() override {
    const std::string name = "toy " + std::to_string(++count_);
    toy::Rows& rows = server_.databases[name];
    for (int i = 0; i < 3000; ++i) rows["row " + std::to_string(i)] = std::to_string(i * i);
    return Spec(name);
  }
  Result<void> Mutate(const InstanceSpec& database) override {
    toy::Rows& rows = server_.databases[database.connection.database];
    rows.erase(rows.begin());
    rows.begin()->second += " changed";
    rows["new " + std::to_string(++count_)] = "";
    return {};
  }
  Result<std::string> Contents(const InstanceSpec& database) override {
    std::string text;
    for (const auto& [key, value] : server_.databases[database.connection.database]) {
      text += key + "=" + value + "\n";
    }
    return text;
  }

  std::string NewTarget() override { return "target " + std::to_string(++count_); }
  InstanceSpec AtTarget(const InstanceSpec&, const std::string& target) override {
    return Spec(target);
  }
  Result<std::set<std::string>> Listing() override {
    std::set<std::string> names;
    for (const auto& [name, unused] : server_.databases) names.insert(name);
    for (const auto& [name, unused] : server_.snapshots) names.insert(name);
    return names;
  }

  [[nodiscard]] std::map<Behaviour, std::string> Deviations() const override {
    const std::string reason = "the toy's server is a map in the memory of this process";
    return {{Behaviour::kWrongPassword, reason},
            {Behaviour::kMissingRight, reason},
            {Behaviour::kCut, reason},
            {Behaviour::kServerKilled, reason}};
  }

 private:
  static InstanceSpec Spec(const std::string& name) {
    return {DatabaseEngine("toy"), name, "", ConnectionInfo{.database = name}};
  }

  toy::ToyServer server_;
  int count_ = 0;
};

}  // namespace

std::vector<std::unique_ptr<EngineFixture>> MakeEngineFixtures() {
  std::vector<std::unique_ptr<EngineFixture>> fixtures;
  fixtures.push_back(std::make_unique<ToyFixture>());
  return fixtures;
}

}  // namespace dbstow::test
