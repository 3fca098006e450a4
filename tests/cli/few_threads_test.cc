#include <filesystem>

#include "cli_fixture.h"

namespace dbstow::test {
namespace {

// As under `ulimit -u`. The first thread is the one that watches for Ctrl-C.
TEST_F(CliTest, WithFewThreadsOrNoneTheWorkIsDoneAllTheSame) {
  const std::string id = Backup();
  for (const std::string threads : {"0", "1", "2", "3"}) {
    const std::map<std::string, std::string> few = {{"LD_PRELOAD", DBSTOW_FEW_THREADS},
                                                    {"FEW_THREADS", threads}};
    const std::string target = folder_ / (threads + ".db");
    Sql(database_, "update t set b = hex(randomblob(200)) where a % 3 = 0");
    for (const Words& words :
         std::vector<Words>{{"backup", instance_},
                            {"restore", instance_, "--from", "latest", "--target", target},
                            {"verify", id, "--level", "3"},
                            {"doctor", instance_}}) {
      const ProgramRun run = WithRepo(words, few);
      EXPECT_EQ(run.status, 0) << threads << words.front() << run.out << run.err;
      EXPECT_EQ(run.err.find("Ctrl-C ends this run at once") != std::string::npos, threads == "0")
          << run.err;
    }
    EXPECT_EQ(Ask(target, "select count(*) from t"), "2000");
  }
}

}  // namespace
}  // namespace dbstow::test
