
#include <filesystem>

#include "cli_fixture.h"

namespace dbstow::test {
namespace {

TEST_F(CliTest, WhatWasBackedUpIsRestoredWhateverHappenedMeanwhile) {
  const std::string id = Backup();
  const std::string before = Ask(database_, "select group_concat(b) from t");
  Sql(database_, "update t set b = 'changed' where a % 7 = 0; delete from t where a = 1");
  const std::string later = Backup();
  EXPECT_NE(id, later);

  const std::string target = folder_ / "back.db";
  const ProgramRun restore = WithRepo({"restore", instance_, "--from", id, "--target", target});
  ASSERT_EQ(restore.status, 0) << restore.err;
  EXPECT_EQ(restore.out, target + "\n");
  EXPECT_EQ(Ask(target, "select group_concat(b) from t"), before);

  const ProgramRun differs = Dbstow({"compare", instance_, "sqlite://" + target});
  EXPECT_EQ(differs.status, 6);
  EXPECT_NE(differs.err.find("next: "), std::string::npos);
  EXPECT_EQ(WithRepo({"compare", id, "sqlite://" + target}).status, 0);
  EXPECT_EQ(WithRepo({"compare", later, instance_}).status, 0);
}

TEST_F(CliTest, WhatCannotBeReadIsNotCalledEqual) {
  const std::string other = folder_ / "other.db";
  for (const std::string& path : {database_, other}) {
    Sql(path, "create table u(k text collate nocase primary key) without rowid");
  }
  Sql(database_, "insert into u values('one')");
  Sql(other, "insert into u values('three'), ('other'), ('rows')");
  if (Ask(other, "select count(*) from sqlite_schema where name = 't'") == "0") {
    Sql(other, Ask(database_, "select sql from sqlite_schema where name = 't'"));
  }
  for (const std::string& path : {database_, other}) {
    Sql(path, "delete from t");
    Sql(path,
        "pragma writable_schema = on;"
        "update sqlite_schema set sql = replace(sql, 'nocase', 'elsewhere') where name = 'u'");
  }
  const ProgramRun unread = Dbstow({"compare", instance_, "sqlite://" + other});
  EXPECT_EQ(unread.status, 7) << unread.err;
  EXPECT_EQ(unread.out, "equal: unknown\n");
  EXPECT_NE(unread.err.find("'u'"), std::string::npos) << unread.err;
  EXPECT_EQ(WithRepo({"compare", Backup(), "sqlite://" + other}).status, 7);
  Sql(other, "insert into t select 1, 'more'");
  EXPECT_EQ(Dbstow({"compare", instance_, "sqlite://" + other}).status, 6);
}

// Ids have seconds in them; which of two backups of one second is the latest must not be chance.
TEST_F(CliTest, LatestIsTheLatestAlsoWithinASecond) {
  std::string last;
  for (int i = 0; i < 6; ++i) {
    Sql(database_, "update t set b = " + std::to_string(i) + " where a = 1");
    last = Backup();
  }
  const ProgramRun restore =
      WithRepo({"restore", instance_, "--from", "latest", "--target", folder_ / "l.db"});
  ASSERT_EQ(restore.status, 0) << restore.err;
  EXPECT_EQ(Ask(folder_ / "l.db", "select b from t where a = 1"), "5");
  EXPECT_NE(WithRepo({"show", "latest"}).out.find(last), std::string::npos);
}

TEST_F(CliTest, ATargetThatExistsStaysUntilOverwriteIsAskedFor) {
  Backup();
  const std::string target = folder_ / "back.db";
  Sql(target, "create table mine(x); insert into mine values (42)");
  const Words words = {"restore", instance_, "--from", "latest", "--target", target};
  const ProgramRun refused = WithRepo(words);
  EXPECT_EQ(refused.status, 9);
  EXPECT_NE(refused.err.find("--overwrite"), std::string::npos) << refused.err;
  EXPECT_EQ(Ask(target, "select x from mine"), "42");

  Words insisting = words;
  insisting.push_back("--overwrite");
  EXPECT_EQ(WithRepo(insisting).status, 0);
  EXPECT_EQ(Ask(target, "select count(*) from t"), "2000");
}

TEST_F(CliTest, ACloneHoldsTheSameAndIsIndependent) {
  const std::string copy = folder_ / "clone.db";
  const ProgramRun clone = Dbstow({"clone", instance_, "--target", copy, "--no-zero-copy"});
  ASSERT_EQ(clone.status, 0) << clone.err;
  EXPECT_EQ(clone.out, copy + "\n");
  EXPECT_EQ(Dbstow({"compare", instance_, "sqlite://" + copy}).status, 0);
  Sql(copy, "delete from t");
  EXPECT_EQ(Ask(database_, "select count(*) from t"), "2000");
  EXPECT_EQ(Dbstow({"clone", instance_, "--target", copy}).status, 9);
}

TEST_F(CliTest, AnExportIsReadWithoutUs) {
  Backup();
  std::filesystem::remove(database_);
  const std::string path = folder_ / "native.db";
  const ProgramRun run = WithRepo({"export", "latest", "--to", path});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(Ask(path, "pragma integrity_check"), "ok");
  EXPECT_EQ(Ask(path, "select count(*) from t"), "2000");
  EXPECT_EQ(WithRepo({"export", "latest", "--to", path}).status, 9) << "never replaces";
}

TEST_F(CliTest, EveryLevelOfVerifyPassesAndIsRemembered) {
  const std::string id = Backup();
  for (const char* level : {"0", "1", "2", "3"}) {
    const ProgramRun run = WithRepo({"verify", id, "--level", level});
    EXPECT_EQ(run.status, 0) << level << run.err;
    EXPECT_EQ(run.out, "passed\n");
  }
  EXPECT_NE(WithRepo({"backups"}).out.find("level 3"), std::string::npos);
  EXPECT_EQ(WithRepo({"verify", "latest", "--level", "4"}).status, 2);
}

TEST_F(CliTest, QueriesRunOnTheRestoredCopy) {
  const std::string id = Backup();
  const auto verify = [&](const std::string& query) {
    return WithRepo({"verify", id, "--level", "3", "--query", query});
  };
  EXPECT_EQ(verify("select count(*) from t").status, 0);
  const ProgramRun wrong = verify("select nosuch from t");
  EXPECT_EQ(wrong.status, 6) << wrong.err;
  EXPECT_NE(wrong.err.find("nosuch"), std::string::npos) << wrong.err;
  EXPECT_EQ(WithRepo({"verify", id, "--query", "select 1"}).status, 2) << "only at level 3";
}

TEST_F(CliTest, WhatTheEngineCannotDoIsRefusedWithAReason) {
  const ProgramRun logs = WithRepo({"backup", instance_, "--include-logs"});
  EXPECT_EQ(logs.status, 1);
  EXPECT_NE(logs.err.find("[UnsupportedCapability]"), std::string::npos) << logs.err;
  const ProgramRun to = WithRepo({"backup", instance_, "--to", "disk:/backups"});
  EXPECT_EQ(to.status, 1);
  EXPECT_NE(to.err.find("disk:/backups"), std::string::npos) << to.err;
  EXPECT_NE(to.err.find("next: "), std::string::npos) << to.err;
  Backup();
  const ProgramRun format =
      WithRepo({"export", "latest", "--to", folder_ / "x", "--format", "nativ"});
  EXPECT_EQ(format.status, 2);
  EXPECT_NE(format.err.find("did you mean 'native'"), std::string::npos) << format.err;
  EXPECT_EQ(WithRepo({"export", "latest", "--to", folder_ / "x", "--format", "native"}).status, 0);
}

TEST_F(CliTest, AnAnchorFindsALogThatWasCutTogetherWithItsHead) {
  Backup();
  const std::string anchor = Dbstow({"audit", "verify"}).out;
  const Words check = {"audit", "verify", "--anchor", anchor.substr(0, anchor.find('\n'))};
  EXPECT_EQ(Dbstow(check).status, 0);
  Backup();
  EXPECT_EQ(Dbstow(check).status, 0) << "a log that went on still has it";
  std::filesystem::remove(folder_ / "state/audit.jsonl");
  std::filesystem::remove(folder_ / "state/audit.jsonl.head");
  Backup();
  EXPECT_EQ(Dbstow({"audit", "verify"}).status, 0) << "alone it cannot know";
  EXPECT_EQ(Dbstow(check).status, 6);
}

TEST_F(CliTest, InspectTellsWhatItIsAndWhatItCannotDoAndWhy) {
  Sql(database_, "pragma user_version = 7");
  const ProgramRun run = Dbstow({"inspect", instance_});
  ASSERT_EQ(run.status, 0) << run.err;
  for (const char* part : {"pageSize", "journalMode", "delete", "encoding", "UTF-8", "userVersion",
                           "7", "sizeBytes", "integrity", "ok"}) {
    EXPECT_NE(run.out.find(part), std::string::npos) << part << " in " << run.out;
  }
  const std::size_t denied = run.out.find("restore.point_in_time");
  ASSERT_NE(denied, std::string::npos) << run.out;
  EXPECT_NE(run.out.find("SQLite keeps no log", denied), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("restore the last backup", denied), std::string::npos) << "the remedy";
}

TEST_F(CliTest, InspectingWhatIsNotThereShowsWhatIsKnownAndFails) {
  const ProgramRun run = Dbstow({"inspect", "sqlite://" + (folder_ / "no.db")});
  EXPECT_EQ(run.status, 5) << run.err;
  EXPECT_NE(run.out.find("clone.zero_copy"), std::string::npos) << run.out;
  const std::size_t first = run.err.find("no.db");
  ASSERT_NE(first, std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("no.db", first + 1), std::string::npos) << "said once: " << run.err;
  const std::string audit = ReadWholeFile(folder_ / "state/audit.jsonl");
  EXPECT_NE(audit.find("\"NotFound\""), std::string::npos) << audit;
}

TEST_F(CliTest, DoctorNamesWhatIsBrokenAndWhatToDo) {
  Backup();
  const ProgramRun missing = WithRepo({"doctor", "sqlite://" + (folder_ / "no.db")});
  EXPECT_EQ(missing.status, 5) << "no backup can succeed: " << missing.out;
  EXPECT_NE(missing.out.find("cannot backup"), std::string::npos) << missing.out;
  EXPECT_EQ(missing.out.find("cannot restore"), std::string::npos) << missing.out;
  EXPECT_NE(missing.err.find("no.db"), std::string::npos) << missing.err;
  Write(folder_ / "text.db", std::string(8192, 'x'));
  const ProgramRun no_database = WithRepo({"doctor", "sqlite://" + (folder_ / "text.db")});
  EXPECT_EQ(no_database.status, 1) << no_database.out;
  EXPECT_NE(no_database.err.find("SourceDamaged"), std::string::npos) << no_database.err;
  for (const std::string& file : FilesBelow(repository_folder_)) {
    if (file.find("/packs/") != std::string::npos) std::filesystem::remove(file);
  }
  const ProgramRun damaged = WithRepo({"doctor", instance_});
  EXPECT_EQ(damaged.status, 11) << damaged.err;
  EXPECT_NE(damaged.out.find("fail"), std::string::npos) << damaged.out;
  EXPECT_NE(damaged.out.find("dbstow verify"), std::string::npos) << damaged.out;
  EXPECT_NE(damaged.err.find("next: dbstow verify"), std::string::npos) << damaged.err;
  const ProgramRun key = WithRepo({"doctor", instance_}, {{"DBSTOW_PASSPHRASE", "wrong"}});
  EXPECT_EQ(key.status, 12) << key.err;
}

TEST_F(CliTest, PrunePlansFirstAndRemovesWhenConfirmed) {
  Write(folder_ / "dbstow.toml", "[retention]\nkeep_last = 1\nfloor_verified = 0\n");
  const std::string old = Backup();
  Sql(database_, "update t set b = 'x'");
  const std::string kept = Backup();
  const ProgramRun plan = WithRepo({"prune"});
  ASSERT_EQ(plan.status, 0) << plan.err;
  EXPECT_NE(plan.out.find(old), std::string::npos) << plan.out;
  EXPECT_NE(WithRepo({"backups"}).out.find(old), std::string::npos) << "only planned";
  EXPECT_EQ(WithRepo({"prune", "--confirm", "--dry-run"}).status, 0);
  EXPECT_NE(WithRepo({"backups"}).out.find(old), std::string::npos) << "a dry run";

  const ProgramRun prune = WithRepo({"prune", instance_, "--confirm"});
  ASSERT_EQ(prune.status, 0) << prune.err;
  const std::string left = WithRepo({"backups"}).out;
  EXPECT_EQ(left.find(old), std::string::npos);
  EXPECT_NE(left.find(kept), std::string::npos);
  EXPECT_EQ(WithRepo({"verify", kept, "--level", "3"}).status, 0) << "the kept one is whole";
}

TEST_F(CliTest, AnExportIsWrittenWhereOneIs) {
  const std::string elsewhere = folder_ / "elsewhere";
  std::filesystem::create_directory(elsewhere);
  Fill(elsewhere + "/b.db", 10);
  ASSERT_EQ(WithRepo({"backup", "sqlite://" + elsewhere + "/b.db"}).status, 0);
  const ProgramRun run = WithRepo({"export", "latest", "--to", "out.db"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, folder_ / "out.db\n");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out.db"));
}

TEST_F(CliTest, ADryRunSaysThePlanAndChangesNothing) {
  const ProgramRun backup = WithRepo({"backup", instance_, "--dry-run"});
  EXPECT_EQ(backup.status, 0) << backup.err;
  EXPECT_NE(backup.err.find("plan"), std::string::npos);
  EXPECT_TRUE(backup.out.empty());
  EXPECT_FALSE(std::filesystem::exists(repository_folder_));

  Backup();
  const auto objects = FilesBelow(repository_folder_);
  EXPECT_EQ(WithRepo({"restore", instance_, "--from", "latest", "--target", folder_ / "x.db",
                      "--dry-run"})
                .status,
            0);
  EXPECT_EQ(Dbstow({"clone", instance_, "--target", folder_ / "x.db", "--dry-run"}).status, 0);
  EXPECT_EQ(WithRepo({"export", "latest", "--to", folder_ / "x.db", "--dry-run"}).status, 0);
  for (const Words& words :
       {Words{"verify", "latest", "--dry-run"}, Words{"verify", "--dry-run"}}) {
    const ProgramRun verify = WithRepo(words);
    EXPECT_EQ(verify.status, 0) << verify.err;
    EXPECT_NE(verify.err.find("plan"), std::string::npos) << verify.err;
    EXPECT_NE(verify.err.find("level: 1"), std::string::npos) << verify.err;
    EXPECT_TRUE(verify.out.empty()) << verify.out;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.db"));
  EXPECT_EQ(FilesBelow(repository_folder_), objects);
}

TEST_F(CliTest, AConfigurationNamesInstancesAndRepository) {
  Write(folder_ / "passphrase", "from a file\n");
  Write(folder_ / "dbstow.toml",
        "[repository]\nuri = \"" + repository_ + "\"\nsecret = \"file:" + (folder_ / "passphrase") +
            "\"\n[instances.app]\nengine = \"sqlite\"\ndatabase = \"" + database_ + "\"\n");
  const std::map<std::string, std::string> no_passphrase = {{"DBSTOW_PASSPHRASE", ""}};
  EXPECT_EQ(Dbstow({"config", "lint"}).status, 0);
  EXPECT_NE(Dbstow({"instances"}).out.find("app"), std::string::npos);
  const ProgramRun early = Dbstow({"backup", "app"}, no_passphrase);
  EXPECT_EQ(early.status, 10) << "a configured repository is not created by accident";
  EXPECT_NE(early.err.find("dbstow init"), std::string::npos);
  EXPECT_EQ(Dbstow({"init"}, no_passphrase).status, 0);
  EXPECT_EQ(Dbstow({"init"}, no_passphrase).status, 9);
  EXPECT_EQ(Dbstow({"backup", "app"}, no_passphrase).status, 0);
  EXPECT_EQ(Dbstow({"verify", "latest", "--level", "3"}, no_passphrase).status, 0);
  EXPECT_NE(Dbstow({"backups", "app"}, no_passphrase).out.find(" app "), std::string::npos);
  const ProgramRun doctor = Dbstow({"doctor"}, no_passphrase);
  EXPECT_EQ(doctor.status, 0) << doctor.out;
  EXPECT_NE(doctor.out.find("store promises"), std::string::npos);
}

TEST_F(CliTest, KeysAreAddedRemovedAndRotated) {
  Backup();
  const std::map<std::string, std::string> second = {{"SECOND", "another passphrase"}};
  const ProgramRun add = WithRepo({"key", "add", "--new-secret", "env:SECOND"}, second);
  ASSERT_EQ(add.status, 0) << add.err;
  const std::map<std::string, std::string> with_second = {
      {"DBSTOW_PASSPHRASE", "another passphrase"}};
  EXPECT_EQ(WithRepo({"backups"}, with_second).status, 0);
  const std::string slot = add.out.substr(0, add.out.find('\n'));
  EXPECT_EQ(WithRepo({"key", "remove", slot}).status, 0);
  const ProgramRun unknown = WithRepo({"key", "remove", slot});
  EXPECT_EQ(unknown.status, 5) << unknown.err;
  EXPECT_NE(unknown.err.find("next: dbstow key list"), std::string::npos) << unknown.err;
  EXPECT_EQ(WithRepo({"backups"}, with_second).status, 12);
  EXPECT_EQ(WithRepo({"key", "rotate", "--new-secret", "env:SECOND"}, second).status, 0);
  EXPECT_EQ(WithRepo({"backups"}).status, 12);
  EXPECT_EQ(WithRepo({"verify", "latest", "--level", "2"}, with_second).status, 0);
}

TEST_F(CliTest, TheSameIdempotencyKeyGivesTheFirstResult) {
  const Words words = {"backup", instance_, "--idempotency-key", "nightly-1"};
  const ProgramRun first = WithRepo(words);
  EXPECT_FALSE(first.out.empty());
  EXPECT_EQ(first.err.find("nothing was done now"), std::string::npos) << first.err;
  const ProgramRun again = WithRepo(words);
  EXPECT_EQ(again.out, first.out);
  EXPECT_NE(again.err.find("nothing was done now: this key was used before, at 20"),
            std::string::npos)
      << again.err;
  EXPECT_EQ(again.err.find(" stored in "), std::string::npos) << again.err;
  EXPECT_NE(ReadWholeFile(folder_ / "state/audit.jsonl").find(R"("replayed":"true")"),
            std::string::npos);
}

TEST_F(CliTest, AnIdempotencyKeyStandsForOneRequestOnly) {
  const Words key = {"--idempotency-key", "k"};
  const auto with_key = [&](Words words) {
    words.insert(words.end(), key.begin(), key.end());
    return WithRepo(words);
  };
  Backup();
  const Words restore = {"restore", instance_, "--from", "latest", "--target", folder_ / "a.db"};
  ASSERT_EQ(with_key(restore).status, 0);
  Sql(database_, "delete from t where a = 1");
  Backup();
  EXPECT_EQ(with_key(restore).status, 0) << "the same words are the same request";
  Words elsewhere = restore;
  elsewhere.back() = folder_ / "b.db";
  const ProgramRun refused = with_key(elsewhere);
  EXPECT_EQ(refused.status, 2) << refused.err;
  EXPECT_NE(refused.err.find("target"), std::string::npos) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "b.db"));
  EXPECT_EQ(with_key({"backup", instance_}).status, 2);

  // The same command on another repository is other work too.
  ASSERT_EQ(WithRepo({"backup", instance_, "--idempotency-key", "r"}).status, 0);
  repository_ = "file://" + (folder_ / "other");
  EXPECT_EQ(WithRepo({"backup", instance_, "--idempotency-key", "r"}).status, 2);
}

TEST_F(CliTest, AComparisonUnderAKeyIsMadeEachTime) {
  const std::string copy = folder_ / "copy.db";
  ASSERT_EQ(Dbstow({"clone", instance_, "--target", copy}).status, 0);
  const Words compare = {"compare", instance_, "sqlite://" + copy, "--idempotency-key", "k"};
  const ProgramRun first = Dbstow(compare);
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.out, "equal: yes\n");
  Sql(copy, "update t set b = 'other' where a = 7");
  const ProgramRun second = Dbstow(compare);
  EXPECT_EQ(second.status, 6) << second.err;
  const Words inspect = {"inspect", instance_, "--idempotency-key", "k"};
  EXPECT_EQ(Dbstow(inspect).out, Dbstow(inspect).out);
}

TEST_F(CliTest, AllChainsArePrunedUnderOneKey) {
  Write(folder_ / "dbstow.toml", "[retention]\nkeep_last = 1\nfloor_verified = 0\n");
  Fill(folder_ / "other.db", 10);
  for (int i = 0; i < 2; ++i) {
    Backup();
    ASSERT_EQ(WithRepo({"backup", "sqlite://" + (folder_ / "other.db")}).status, 0);
  }
  const Words prune = {"prune", "--confirm", "--json", "--idempotency-key", "nightly"};
  const ProgramRun first = WithRepo(prune);
  EXPECT_EQ(first.status, 0) << first.out;
  const ProgramRun again = WithRepo(prune);
  EXPECT_EQ(again.status, 0) << again.out;
  EXPECT_NE(again.out.find("nothing was done now"), std::string::npos) << again.out;
  for (const ProgramRun& run : {first, again}) {
    const std::string one = R"(.removed":"1")";
    const std::size_t first_chain = run.out.find(one);
    ASSERT_NE(first_chain, std::string::npos) << run.out;
    EXPECT_NE(run.out.find(one, first_chain + 1), std::string::npos) << run.out;
  }
  EXPECT_EQ(WithRepo({"backup", instance_, "--idempotency-key", "nightly"}).status, 2);
  Write(folder_ / "dbstow.toml", "[retention]\nkeep_last = 5\nfloor_verified = 0\n");
  EXPECT_NE(WithRepo(prune).status, 0) << "other rules are other work";
}

TEST_F(CliTest, TheTraceOfTheCallerIsTheCorrelationId) {
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const ProgramRun run = WithRepo({"backup", instance_, "--json"},
                                  {{"TRACEPARENT", "00-" + trace + "-b7ad6b7169203331-01"}});
  EXPECT_NE(run.out.find("\"correlation_id\":\"" + trace + "\""), std::string::npos) << run.out;
  EXPECT_NE(ReadWholeFile(folder_ / "state/audit.jsonl").find(trace), std::string::npos);
}

TEST_F(CliTest, TagsFindInstancesAndTheLevelOfTheLogCounts) {
  Write(folder_ / "dbstow.toml",
        "[log]\nlevel = \"info\"\n"
        "[instances.a]\nuri = \"" +
            instance_ +
            "\"\ntags = [\"prod\", \"eu\"]\n"
            "[instances.b]\nuri = \"sqlite:///b.db\"\n");
  const ProgramRun tagged = Dbstow({"instances", "prod"});
  EXPECT_EQ(tagged.status, 0) << tagged.err;
  EXPECT_NE(tagged.out.find("app.db"), std::string::npos) << tagged.out;
  EXPECT_EQ(tagged.out.find("/b.db"), std::string::npos) << tagged.out;
  EXPECT_TRUE(Dbstow({"instances", "nosuch"}).out.empty());
  EXPECT_NE(Dbstow({"inspect", "a"}).err.find("info: inspect done"), std::string::npos);
  EXPECT_EQ(Dbstow({"inspect", "a", "--log-level", "error"}).err.find("info:"), std::string::npos);
}

TEST_F(CliTest, MetricsAreWrittenWhereTheConfigurationSays) {
  Write(folder_ / "dbstow.toml", "[metrics]\ntextfile = \"dbstow.prom\"\n");
  Backup();
  EXPECT_NE(ReadWholeFile(folder_ / "dbstow.prom").find("operation"), std::string::npos);
}

TEST_F(CliTest, CompletionScriptsAreValidAndKnowEveryCommand) {
  const std::string script = folder_ / "completion";
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const ProgramRun run = Dbstow({"completion", shell});
    ASSERT_EQ(run.status, 0);
    for (const char* word : {"backup", "restore", "overwrite", "verify", "dry-run"}) {
      EXPECT_NE(run.out.find(word), std::string::npos) << shell << " " << word;
    }
    Write(script, run.out);
    ProgramSpec check = Spec({});
    check.words = {"/usr/bin/env", shell, "-n", script};
    const ProgramRun parsed = RunProgram(check);
    // env: 127 when there is no such shell here, 126 when PATH has a folder closed to us.
    if (std::string(shell) == "bash" || (parsed.status != 127 && parsed.status != 126)) {
      EXPECT_EQ(parsed.status, 0) << shell << ": " << parsed.err;
    }
  }
  EXPECT_EQ(Dbstow({"completion", "csh"}).status, 2);
}

TEST_F(CliTest, BashCompletesAfterFlagsAndTheirValues) {
  Write(folder_ / "completion", Dbstow({"completion", "bash"}).out);
  Write(folder_ / "dbstow.toml", "[instances.shop]\nengine = \"sqlite\"\ndatabase = \"x\"\n");
  const auto complete = [this](const std::string& before) {
    ProgramSpec spec = Spec({});
    spec.words = {"/bin/bash", "-c",
                  "PATH=$(dirname '" DBSTOW_PROGRAM "'):$PATH; source '" +
                      (folder_ / "completion") + "'; COMP_WORDS=(" + before +
                      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _dbstow; echo ${COMPREPLY[*]}"};
    return RunProgram(spec).out;
  };
  EXPECT_EQ(complete("dbstow backup s"), "shop\n");
  EXPECT_EQ(complete("dbstow --repo file:///x backup s"), "shop\n");
  EXPECT_EQ(complete("dbstow --json backup s"), "shop\n");
  EXPECT_EQ(complete("dbstow backup --repo backup --ty"), "--type\n");
  EXPECT_EQ(complete("dbstow --config c audit ve"), "verify\n");
}

}  // namespace
}  // namespace dbstow::test
