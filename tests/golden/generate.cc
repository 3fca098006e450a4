// dbstow_golden_generator FOLDER: writes the golden repository of this version's format. Run once
// for each released format; what it wrote is committed and never regenerated.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "golden/golden_content.h"

namespace dbstow::golden {
namespace {

Result<void> Populate(repository::Repository& repository, test::FakeClock& clock) {
  for (int generation = 0; generation < 2; ++generation) {
    clock.Advance(std::chrono::hours(1));
    BackupPlan plan;
    plan.instance = kInstance;
    plan.engine = "golden";
    plan.correlation_id = "0af7651916cd43dd8448eb211c80319c";
    DBSTOW_ASSIGN(auto writer, repository.Begin(plan));
    DBSTOW_TRY(test::Fill(*writer, Content(generation)));
    BackupFacts facts;
    facts.server_version = "1.2.3";
    facts.details["generation"] = std::to_string(generation);
    facts.fingerprints = {{"public.orders", "sum", 42, "00ff"}};
    facts.warnings = {"a warning"};
    DBSTOW_ASSIGN(const BackupRecord record, writer->Commit(std::move(facts)));
    DBSTOW_TRY(repository.RecordVerification(
        {record.id, kInstance, 1, repository::VerifyOutcome::kPassed, clock.Now()}));
  }
  clock.Advance(std::chrono::hours(1));
  BackupPlan plan;
  plan.instance = kInstance;
  plan.engine = "golden";
  plan.type = BackupType::kSnapshot;
  DBSTOW_ASSIGN(auto writer, repository.Begin(plan));
  BackupFacts facts;
  facts.server_reference = "kept by the server";
  return writer->Commit(std::move(facts)) ? Result<void>()
                                          : Error(ErrorCode::kInternal, "cannot commit");
}

bool WriteFiles(test::MemoryObjectStore& store, const std::filesystem::path& folder) {
  for (const std::string& key : store.Keys()) {
    const std::filesystem::path path = folder / key;
    std::filesystem::create_directories(path.parent_path());
    const Bytes bytes = store.Get(key).value();
    std::ofstream file(path, std::ios::binary);
    file.write(AsText(bytes).data(), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) return false;
  }
  return true;
}

}  // namespace
}  // namespace dbstow::golden

int main(int count, char** texts) {
  using namespace dbstow;
  if (count != 2) {
    std::fprintf(stderr, "usage: dbstow_golden_generator FOLDER\n");
    return 2;
  }
  test::MemoryObjectStore store;
  test::FakeClock clock;
  test::FakeRandom random(2026);
  const SecretString passphrase(golden::kPassphrase);
  auto repository = repository::Repository::Create({store, clock, random}, {passphrase},
                                                   {io::KdfCost::Cheapest()});
  if (!repository || !golden::Populate(**repository, clock)) return 1;
  return golden::WriteFiles(store, texts[1]) ? 0 : 1;
}
