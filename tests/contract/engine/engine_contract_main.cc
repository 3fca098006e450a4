#include "contract/engine/engine_contract.h"

namespace dbstow::test {

// They live until the program ends: their destructors stop servers.
std::vector<EngineFixture*> Fixtures() {
  static const auto fixtures = MakeEngineFixtures();
  std::vector<EngineFixture*> pointers;
  for (const auto& fixture : fixtures) pointers.push_back(fixture.get());
  return pointers;
}

std::string ServerName(const testing::TestParamInfo<EngineFixture*>& info) {
  return info.param->server();
}

}  // namespace dbstow::test
