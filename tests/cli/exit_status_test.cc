#include <signal.h>

#include <algorithm>

#include <filesystem>
#include <fstream>

#include "cli_fixture.h"
#include "held_at.h"
#include "support/small_disk.h"
#include "support/sqlite_database.h"

namespace dbstow::test {
namespace {

/// The largest object of a repository whose path has this in it.
std::string LargestFile(const std::vector<std::string>& files, const std::string& part) {
  std::string largest;
  std::uintmax_t size = 0;
  for (const std::string& file : files) {
    if (file.find(part) == std::string::npos) continue;
    if (largest.empty() || std::filesystem::file_size(file) > size) {
      largest = file;
      size = std::filesystem::file_size(file);
    }
  }
  return largest;
}

void FlipByteIn(const std::string& path, std::streamoff offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(offset);
  const int byte = file.get();
  file.seekp(offset);
  file.put(static_cast<char>(byte ^ 0x40));
}

/// Every failure says what to do next.
void ExpectHelpful(const ProgramRun& run, int status) {
  EXPECT_EQ(run.status, status) << run.err;
  EXPECT_NE(run.err.find("error: "), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("next: "), std::string::npos) << run.err;
  EXPECT_TRUE(run.out.empty() || status == 6 || status == 11) << run.out;
}

TEST_F(CliTest, Exit2ForEveryWrongUse) {
  for (const Words& words : std::vector<Words>{
           {},
           {"bakup", "x"},
           {"backup"},
           {"backup", "x", "y"},
           {"backup", instance_, "--tpye", "full"},
           {"backup", instance_, "--type", "fulll", "--repo", repository_},
           {"backup", instance_, "--set", "nokey", "--repo", repository_},
           {"backup", instance_, "--set", "no=such", "--repo", repository_},
           {"backup", instance_, "--repo", "/not/a/uri"},
           {"backup", instance_, "--repo", "ftp://x/y"},
           {"backup", "nosuchengine:///x", "--repo", repository_},
           {"backup", instance_, "--repo", repository_, "--timeout", "soon"},
           {"backup", instance_, "--repo", repository_, "--log-level", "loud"},
           {"restore", instance_, "--from", "latest"},
           {"verify", "latest", "--level", "9"},
           {"help", "NoSuchTopic"},
           {"inspect", "postgres://h/x?connect_timeout=-3"},
           {"inspect", "postgres://h/x?secret=env:A&secret=env:B"},
       }) {
    ExpectHelpful(Dbstow(words), 2);
  }
  EXPECT_FALSE(std::filesystem::exists(repository_folder_));
  ExpectHelpful(WithRepo({"backup", instance_}, {{"DBSTOW_PASSPHRASE", ""}}), 2);
  Write(folder_ / "dbstow.toml", "[repositry]\n");
  ExpectHelpful(Dbstow({"instances"}), 2);
  const ProgramRun lint = Dbstow({"config", "lint"});
  EXPECT_EQ(lint.status, 2);
  EXPECT_NE(lint.err.find("dbstow.toml:1:"), std::string::npos) << lint.err;
  Write(folder_ / "dbstow.toml", "[repository]\nuri = \"fiel:///x\"\n");
  const ProgramRun scheme = Dbstow({"config", "lint"});
  EXPECT_EQ(scheme.status, 2);
  EXPECT_NE(scheme.err.find("fiel"), std::string::npos) << scheme.err;
}

TEST_F(CliTest, Exit2ForALoginOfADatabaseThatHasNone) {
  for (const char* login : {"secret = \"env:X\"", "auth = \"oauth\""}) {
    Write(folder_ / "dbstow.toml", "[instances.app]\nengine = \"sqlite\"\ndatabase = \"" +
                                       database_ + "\"\n" + login + "\n");
    ExpectHelpful(Dbstow({"instances"}), 2);
  }
}

TEST_F(CliTest, Exit3WhenSomeChainsCouldBePrunedAndSomeNot) {
  Backup();
  const auto before = FilesBelow(repository_folder_ + "/i");
  Fill(folder_ / "other.db", 10);
  ASSERT_EQ(WithRepo({"backup", "sqlite://" + (folder_ / "other.db")}).status, 0);
  for (const std::string& file : FilesBelow(repository_folder_ + "/i")) {
    const bool fresh = std::ranges::find(before, file) == before.end();
    if (fresh && file.find("/m/") != std::string::npos) FlipByteIn(file, 60);
  }
  const ProgramRun plan = WithRepo({"prune"});
  EXPECT_EQ(plan.status, 0) << plan.err;
  EXPECT_NE(plan.err.find("it is kept, and with it every pack"), std::string::npos) << plan.err;
  const ProgramRun run = WithRepo({"prune", "--confirm"});
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_NE(run.err.find("other.db"), std::string::npos) << run.err;
}

TEST_F(CliTest, Exit4WhenTheSecretFileIsOpenToOthers) {
  Write(folder_ / "open", "secret", 0644);
  ExpectHelpful(WithRepo({"backup", instance_, "--repo-secret", "file:" + (folder_ / "open")}), 4);
}

TEST_F(CliTest, Exit5ForWhatDoesNotExist) {
  ExpectHelpful(WithRepo({"backup", "nobody"}), 5);
  ExpectHelpful(WithRepo({"backup", "sqlite://" + (folder_ / "no.db")}), 5);
  Backup();
  ExpectHelpful(WithRepo({"show", "2001"}), 5);
  ExpectHelpful(WithRepo({"restore", instance_, "--from", "2001", "--target", folder_ / "x"}), 5);
  ExpectHelpful(Dbstow({"instances", "--config", folder_ / "no.toml"}), 5);
}

TEST_F(CliTest, Exit6WhenTheAuditLogWasEdited) {
  Backup();
  EXPECT_EQ(Dbstow({"audit", "verify"}).status, 0);
  const std::string path = folder_ / "state/audit.jsonl";
  std::string text = ReadWholeFile(path);
  text.replace(text.find("backup"), 6, "bockup");
  Write(path, text);
  ExpectHelpful(Dbstow({"audit", "verify"}), 6);
}

TEST_F(CliTest, Exit7WhenTheProofItselfCannotBeCarriedOut) {
  const std::string id = Backup();
  const auto disk = SmallDisk::Mount(1 << 16);
  if (disk == nullptr) GTEST_SKIP() << "needs the right to mount a tmpfs";
  const ProgramRun run = WithRepo({"verify", id, "--level", "3"}, {{"TMPDIR", disk->path()}});
  EXPECT_EQ(run.status, 7) << run.err;
  EXPECT_EQ(run.out, "could_not_verify\n");
  EXPECT_NE(run.err.find("next: "), std::string::npos);
}

TEST_F(CliTest, Exit8ForTwoBackupsOfOneInstanceAtOnce) {
  RunningProgram first(HeldAt("/packs/", Spec({"backup", instance_, "--repo", repository_})));
  ASSERT_TRUE(first.AwaitStop());
  const ProgramRun second = WithRepo({"backup", instance_});
  first.Signal(SIGCONT);
  ExpectHelpful(second, 8);
  EXPECT_EQ(first.Wait().status, 0);
}

TEST_F(CliTest, Exit9ForATargetThatExists) {
  Backup();
  ExpectHelpful(WithRepo({"restore", instance_, "--from", "latest", "--target", database_}), 9);
  const ProgramRun init = WithRepo({"init"});
  ExpectHelpful(init, 9);
  EXPECT_NE(init.err.find("next: use it as it is"), std::string::npos) << init.err;
}

TEST_F(CliTest, Exit10WithoutARepository) {
  for (const Words& words : std::vector<Words>{{"backups"}, {"verify", "latest"}, {"prune"}}) {
    ExpectHelpful(WithRepo(words), 10);
  }
  ExpectHelpful(Dbstow({"backups"}), 10);
  EXPECT_FALSE(std::filesystem::exists(repository_folder_)) << "reading creates nothing";
}

TEST_F(CliTest, Exit11NamesTheDamagedObjectAndTheOthersStillRestore) {
  const std::string whole = Backup();
  const auto before = FilesBelow(repository_folder_);
  Sql(database_, "update t set b = hex(randomblob(200))");
  const std::string damaged = Backup();
  std::vector<std::string> fresh;
  for (const std::string& file : FilesBelow(repository_folder_)) {
    if (std::ranges::find(before, file) == before.end()) fresh.push_back(file);
  }
  const std::string pack = LargestFile(fresh, "/packs/");
  ASSERT_FALSE(pack.empty());
  FlipByteIn(pack, 1000);
  const std::string name = std::filesystem::path(pack).filename().string();

  const ProgramRun restore =
      WithRepo({"restore", instance_, "--from", damaged, "--target", folder_ / "bad.db"});
  ExpectHelpful(restore, 11);
  EXPECT_NE(restore.err.find(name), std::string::npos) << restore.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "bad.db"));
  const ProgramRun verify = WithRepo({"verify", damaged, "--level", "1"});
  EXPECT_EQ(verify.status, 6) << verify.err;
  EXPECT_NE((verify.err + verify.out).find(name), std::string::npos) << verify.err;
  EXPECT_EQ(
      WithRepo({"restore", instance_, "--from", whole, "--target", folder_ / "good.db"}).status, 0);

  std::filesystem::remove(pack);
  ExpectHelpful(WithRepo({"restore", instance_, "--from", damaged, "--target", folder_ / "bad.db"}),
                11);
}

// What the errors say to do next is done here, word for word.
TEST_F(CliTest, AfterDamageVerifyWithoutABackupSaysWhichStillRestoreAndTheNextIsWhole) {
  const std::string whole = Backup();
  Fill(folder_ / "other.db", 10);
  ASSERT_EQ(WithRepo({"backup", "sqlite://" + (folder_ / "other.db")}).status, 0);
  EXPECT_EQ(WithRepo({"verify"}).status, 0);
  EXPECT_EQ(WithRepo({"verify", "--level", "3"}).status, 2);
  const auto before = FilesBelow(repository_folder_);
  Sql(database_, "update t set b = hex(randomblob(200)) where a % 2 = 0");
  const std::string damaged = Backup();
  std::vector<std::string> fresh;
  for (const std::string& file : FilesBelow(repository_folder_)) {
    if (std::ranges::find(before, file) == before.end()) fresh.push_back(file);
  }
  FlipByteIn(LargestFile(fresh, "/packs/"), 1000);

  const ProgramRun one = WithRepo({"verify", damaged});
  ExpectHelpful(one, 6);
  EXPECT_NE(one.err.find("dbstow verify says"), std::string::npos) << one.err;
  const ProgramRun all = WithRepo({"verify", "--json"});
  EXPECT_EQ(all.status, 6) << all.out;
  EXPECT_NE(all.out.find("\"backup." + damaged + "\":\"failed\""), std::string::npos) << all.out;
  EXPECT_NE(all.out.find("\"backup." + whole + "\":\"passed\""), std::string::npos) << all.out;
  EXPECT_NE(all.out.find("\"backups_checked\":\"3\""), std::string::npos) << all.out;
  const ProgramRun people = WithRepo({"verify"});
  EXPECT_EQ(people.status, 6);
  EXPECT_TRUE(people.out.ends_with("failed\n")) << people.out;
  const ProgramRun others =
      WithRepo({"verify", "--instance", "sqlite://" + (folder_ / "other.db")});
  EXPECT_EQ(others.status, 0) << others.err;

  const std::string next = Backup();
  EXPECT_EQ(WithRepo({"verify", next, "--level", "2"}).status, 0)
      << "the next backup is whole again";
  EXPECT_EQ(WithRepo({"verify", next, "--level", "3"}).status, 0);
}

TEST_F(CliTest, VerifyWithoutABackupPassesOverAnInstanceWhoseFirstBackupFailed) {
  EnsureRepository();
  const std::string none = "sqlite://" + (folder_ / "none.db");
  Write(folder_ / "none.db", std::string(8192, 'x'));
  ASSERT_NE(WithRepo({"backup", none}).status, 0);
  // As if it had failed while it was writing.
  const std::string marker = repository_folder_ + "/instances/gone";
  std::filesystem::create_directories(repository_folder_ + "/instances");
  Write(marker, "gone");
  ExpectHelpful(WithRepo({"verify"}), 5);
  Backup();
  const ProgramRun all = WithRepo({"verify"});
  EXPECT_EQ(all.status, 0) << all.err;
  EXPECT_NE(all.err.find("'gone' has no backup yet"), std::string::npos) << all.err;
  ExpectHelpful(WithRepo({"verify", "--instance", none}), 5);
}

TEST_F(CliTest, VerifyWithoutABackupFindsADamagedManifest) {
  Backup();
  for (const std::string& file : FilesBelow(repository_folder_ + "/i")) {
    if (file.find("/m/") != std::string::npos) FlipByteIn(file, 60);
  }
  EXPECT_EQ(WithRepo({"verify"}).status, 6);
}

// Nothing opens then, so no check can say more.
TEST_F(CliTest, ADamagedKeySlotSaysWhatOpensTheRepositoryAgain) {
  Backup();
  const std::string slot = LargestFile(FilesBelow(repository_folder_), "/keys/");
  ASSERT_FALSE(slot.empty());
  Write(slot, "no slot");
  const ProgramRun run = WithRepo({"backups"});
  EXPECT_NE(run.status, 0);
  EXPECT_NE(run.err.find("next: give the passphrase of another key slot"), std::string::npos)
      << run.err;
  EXPECT_EQ(run.err.find("dbstow verify"), std::string::npos) << run.err;
}

TEST_F(CliTest, AnInstanceOfAnotherEngineIsRefusedInsteadOfIgnored) {
  const std::string id = Backup();
  for (const Words& words : std::vector<Words>{{"verify", id, "--level", "3"},
                                               {"verify", id},
                                               {"export", id, "--to", folder_ / "x.db"}}) {
    Words lent = words;
    lent.insert(lent.end(), {"--instance", "postgres://u@127.0.0.1:1/x"});
    const ProgramRun run = WithRepo(lent);
    ExpectHelpful(run, 2);
    EXPECT_NE(run.err.find("engine 'sqlite'"), std::string::npos) << run.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.db"));
}

TEST_F(CliTest, ARestoreFromAUriIsRefusedWithWhatWorksInstead) {
  Backup();
  for (const std::string& instance : {instance_, std::string("postgres://u@127.0.0.1:1/x")}) {
    const ProgramRun run =
        WithRepo({"restore", instance, "--from", "file:///x", "--target", folder_ / "y"});
    ExpectHelpful(run, 1);
    EXPECT_NE(run.err.find("from a repository only"), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("dbstow backups"), std::string::npos) << run.err;
  }
}

TEST_F(CliTest, Exit12BeforeAnythingIsWritten) {
  Backup();
  const auto objects = FilesBelow(repository_folder_);
  const std::map<std::string, std::string> wrong = {{"DBSTOW_PASSPHRASE", "wrong"}};
  ExpectHelpful(WithRepo({"backup", instance_}, wrong), 12);
  ExpectHelpful(WithRepo({"backups"}, wrong), 12);
  ExpectHelpful(WithRepo({"prune", "--confirm"}, wrong), 12);
  EXPECT_EQ(FilesBelow(repository_folder_), objects);
}

TEST_F(CliTest, Exit75WhenTheServerCannotBeReached) {
  ExpectHelpful(Dbstow({"inspect", "postgres://nobody@127.0.0.1:1/x", "--timeout", "20s"}), 75);
}

TEST_F(CliTest, Exit124WhenTheTimeIsUp) {
  Fill(database_, 100'000);
  ExpectHelpful(WithRepo({"backup", instance_, "--timeout", "1ms"}), 124);
}

TEST_F(CliTest, Exit1WhenTheDiskOfTheRepositoryIsFull) {
  Fill(database_, 50'000);
  const auto disk = SmallDisk::Mount(4 << 20);
  if (disk == nullptr) GTEST_SKIP() << "needs the right to mount a tmpfs";
  repository_ = "file://" + disk->path() + "/repo";
  const ProgramRun run = WithRepo({"backup", instance_});
  ExpectHelpful(run, 1);
  EXPECT_NE(run.err.find("OutOfSpace"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find(disk->path()), std::string::npos) << run.err;
  const ProgramRun left = WithRepo({"backups"});
  EXPECT_EQ(left.status, 0) << left.err;
  EXPECT_TRUE(left.out.empty()) << "nothing was committed";
}

TEST_F(CliTest, ALockedDatabaseIsTriedAgain) {
  SqliteDatabase holder(database_);
  ASSERT_TRUE(holder.Execute("PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE"));
  const ProgramRun run = WithRepo({"backup", instance_ + "?busy_timeout_ms=1", "--json"});
  EXPECT_EQ(run.status, 8) << run.out;
  EXPECT_NE(run.out.find(R"("attempts":"4")"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find(R"("retry":"transient")"), std::string::npos) << run.out;
}

TEST_F(CliTest, Exit1ForAFileThatIsNoDatabase) {
  Write(folder_ / "text", std::string(5000, 'x'));
  ExpectHelpful(WithRepo({"backup", "sqlite://" + (folder_ / "text")}), 1);
}

TEST_F(CliTest, PointsThatTheEngineCannotReachAreRefusedWithAReason) {
  Backup();
  for (const char* point : {"lsn:0/1", "xid:5", "name:x", "2026-11-23T22:30:00Z"}) {
    const ProgramRun run = WithRepo(
        {"restore", instance_, "--from", "latest", "--target", folder_ / "x", "--at", point});
    ExpectHelpful(run, 1);
    EXPECT_NE(run.err.find("UnsupportedCapability"), std::string::npos) << run.err;
  }
  ExpectHelpful(WithRepo({"restore", instance_, "--from", "latest", "--target", folder_ / "x",
                          "--at", "yesterday"}),
                2);
}

}  // namespace
}  // namespace dbstow::test
