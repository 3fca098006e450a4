#include <gmock/gmock.h>

#include <fstream>

#include "support/program_run.h"

// The program, with a folder of an engine more, does with it what it does with the others: through
// the executor, into a real repository, also where the server keeps the bytes.

namespace dbstow::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class ToyProgram : public testing::Test {
 protected:
  ToyProgram() { Shelve("bear=brown\nduck=yellow\n"); }

  void Shelve(const std::string& lines) const { std::ofstream(folder_ / "box") << lines; }
  [[nodiscard]] ProgramRun Dbstow(std::vector<std::string> words) const {
    ProgramSpec spec;
    spec.words = {DBSTOW_PROGRAM};
    spec.words.insert(spec.words.end(), words.begin(), words.end());
    spec.words.insert(spec.words.end(), {"--repo", "file://" + folder_ / "repo"});
    spec.environment = {{"DBSTOW_PASSPHRASE", "correct horse"},
                        {"DBSTOW_STATE_DIR", folder_ / "state"},
                        {"HOME", folder_.path()}};
    spec.folder = folder_.path();
    return RunProgram(spec);
  }
  /// Runs it, which must work, and gives its first line of output.
  [[nodiscard]] std::string Line(std::vector<std::string> words) const {
    const ProgramRun run = Dbstow(std::move(words));
    EXPECT_EQ(run.status, 0) << run.err;
    return run.out.substr(0, run.out.find('\n'));
  }
  [[nodiscard]] std::string Box(const std::string& name) const {
    return ReadWholeFile(folder_ / name);
  }

  ScratchFolder folder_;
  std::string instance_ = "toy://" + folder_ / "box";
};

TEST_F(ToyProgram, BytesInTheRepository) {
  const std::string id = Line({"backup", instance_});
  Shelve("bear=lost\n");
  EXPECT_EQ(Line({"restore", instance_, "--from", id, "--target", "again"}), "again");
  EXPECT_EQ(Box("again"), "bear=brown\nduck=yellow\n");
  EXPECT_EQ(Line({"clone", instance_, "--target", "copy"}), "copy");
  EXPECT_EQ(Box("copy"), "bear=lost\n");
  EXPECT_EQ(Dbstow({"verify", id, "--level", "2"}).status, 0);
  EXPECT_EQ(Dbstow({"compare", id, instance_}).status, 6);
  EXPECT_EQ(Dbstow({"compare", id, "toy://" + folder_ / "again"}).status, 0);
}

TEST_F(ToyProgram, AReferenceToWhatTheServerKeeps) {
  const ProgramRun backup = Dbstow({"backup", instance_, "--type", "snapshot", "--json"});
  ASSERT_EQ(backup.status, 0) << backup.out << backup.err;
  EXPECT_THAT(backup.out, HasSubstr("box.kept-"));
  const ProgramRun shown = Dbstow({"show", "latest"});
  ASSERT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out + shown.err, HasSubstr("box.kept-"));
  EXPECT_THAT(Dbstow({"backups"}).out, HasSubstr("snapshot"));
  for (const char* level : {"0", "1", "2", "3"}) {
    const ProgramRun verified =
        Dbstow({"verify", "latest", "--level", level, "--instance", instance_});
    EXPECT_EQ(verified.status, 0) << level << verified.err;
  }
  Shelve("bear=lost\n");
  EXPECT_EQ(Line({"restore", instance_, "--from", "latest", "--target", "again"}), "again");
  EXPECT_EQ(Box("again"), "bear=brown\nduck=yellow\n");
}

// Without the server's part the reference is worth nothing, and a proof says so.
TEST_F(ToyProgram, AReferenceThatTheServerHasForgotten) {
  const ProgramRun backup = Dbstow({"backup", instance_, "--type", "snapshot", "--json"});
  ASSERT_EQ(backup.status, 0) << backup.out << backup.err;
  const std::size_t at = backup.out.find("box.kept-");
  ASSERT_NE(at, std::string::npos);
  const std::string kept = backup.out.substr(at, backup.out.find('"', at) - at);
  ASSERT_EQ(std::remove((folder_ / kept).c_str()), 0) << kept;
  const ProgramRun proof = Dbstow({"verify", "latest", "--level", "3", "--instance", instance_});
  EXPECT_NE(proof.status, 0);
  EXPECT_THAT(proof.err, HasSubstr("no longer keeps"));
  EXPECT_NE(Dbstow({"restore", instance_, "--from", "latest", "--target", "again"}).status, 0);
}

TEST_F(ToyProgram, WhatItCannotDoIsRefusedWithItsOwnReason) {
  std::ofstream(folder_ / "no-retention") << "";
  const ProgramRun refused = Dbstow({"backup", instance_, "--type", "snapshot"});
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.err, HasSubstr("retention is 0 days"));
  EXPECT_THAT(Dbstow({"backup", instance_, "--set", "coment=x"}).err, HasSubstr("comment"));
  EXPECT_THAT(Dbstow({"inspect", instance_}).out, Not(HasSubstr("sqlite")));
}

}  // namespace
}  // namespace dbstow::test
