#include "pg_kill_lane.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>

namespace dbstow::test {
namespace {

using std::chrono::microseconds;

constexpr std::array kVictims = {PgVictim::kBackup, PgVictim::kRestore, PgVictim::kOverwrite,
                                 PgVictim::kStreamClone, PgVictim::kTemplateClone};
constexpr int kThoroughEvery = 10;
constexpr const char* kOldTarget = "the old one";

}  // namespace

PgKillLane::PgKillLane(const PostgresServer& server, int number, std::uint64_t seed)
    : server_(server),
      source_("shop " + std::to_string(number)),
      target_("copy of \"shop\" " + std::to_string(number)),
      trace_(std::string(31, 'a') + std::to_string(number)),
      random_(seed) {
  CreateDatabase();
}

void PgKillLane::CreateDatabase() {
  const auto created = server_.CreateDatabase(source_);
  ASSERT_TRUE(created) << created.error().ToString();
  Sql(source_,
      "CREATE TABLE orders (id int PRIMARY KEY, version int, note text);"
      "CREATE TABLE lines (id int PRIMARY KEY, orders int REFERENCES orders, what bytea);"
      "INSERT INTO orders SELECT i, 0, repeat(md5(i::text), 8) FROM generate_series(1, 12000) i;"
      "INSERT INTO lines SELECT i, i / 2 + 1, decode(md5(i::text), 'hex')"
      "  FROM generate_series(1, 20000) i;"
      "CREATE INDEX ON orders (note); CREATE INDEX ON lines (orders);"
      "SELECT lo_from_bytea(4711, decode(repeat('ab', 100000), 'hex'))");
}

void PgKillLane::ChangeDatabase() {
  Sql(source_,
      "UPDATE orders SET version = version + 1, note = repeat(md5(random()::text), 8) "
      "WHERE id % 7 = " +
          std::to_string(random_() % 7));
}

void PgKillLane::Prepare(PgVictim victim) {
  for (const std::string& each : Targets()) Sql("postgres", "DROP DATABASE " + SqlName(each));
  if (victim == PgVictim::kBackup) ChangeDatabase();
  if (victim == PgVictim::kOverwrite) {
    Sql("postgres", "CREATE DATABASE " + SqlName(target_));
    Sql(target_, "CREATE TABLE precious AS SELECT " + SqlLiteral(kOldTarget) + "::text AS it");
  }
}

std::vector<std::string> PgKillLane::WordsOf(PgVictim victim) const {
  const std::string server = "postgres://" + server_.superuser() +
                             "@127.0.0.1:" + std::to_string(server_.port()) + "/shop%20" +
                             source_.substr(source_.size() - 1) + "?secret=env:PG_SECRET";
  switch (victim) {
    case PgVictim::kBackup: return {"backup", server, "--type", "logical"};
    case PgVictim::kRestore: return {"restore", server, "--from", "latest", "--target", target_};
    case PgVictim::kOverwrite:
      return {"restore", server, "--from", "latest", "--target", target_, "--overwrite"};
    case PgVictim::kStreamClone:
      return {"clone", server, "--target", target_, "--set", "strategy=stream"};
    case PgVictim::kTemplateClone: break;
  }
  return {"clone", server, "--target", target_, "--set", "strategy=template_wal_log"};
}

ProgramSpec PgKillLane::Spec(const std::vector<std::string>& words) const {
  ProgramSpec spec;
  spec.words = {DBSTOW_PROGRAM, "--repo", repository_.uri()};
  spec.words.insert(spec.words.end(), words.begin(), words.end());
  spec.environment = {{"DBSTOW_PASSPHRASE", KilledRepository::kPassphrase},
                      {"DBSTOW_STATE_DIR", folder_ / "state"},
                      {"PG_SECRET", server_.password()},
                      {"TRACEPARENT", "00-" + trace_ + "-00f067aa0ba902b7-01"},
                      {"HOME", folder_.path()},
                      {"TMPDIR", folder_.path()}};
  spec.folder = folder_.path();
  return spec;
}

microseconds PgKillLane::Measure(PgVictim victim) {
  Prepare(victim);
  const auto begin = std::chrono::steady_clock::now();
  const ProgramRun run = RunProgram(Spec(WordsOf(victim)));
  EXPECT_EQ(run.status, 0) << run.err;
  return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin);
}

bool PgKillLane::Kill(PgVictim victim) {
  RunningProgram program(Spec(WordsOf(victim)));
  usleep(static_cast<useconds_t>(random_() % (length_[victim].count() + 1)));
  program.Signal(SIGKILL);
  const ProgramRun run = program.Wait();
  EXPECT_TRUE(run.status == -SIGKILL || run.status == 0) << run.status << run.err;
  return run.status == -SIGKILL;
}

// The server finds out by itself that its client is gone.
void PgKillLane::AwaitNoSession() const {
  const std::string count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = " +
                            SqlLiteral("dbstow " + trace_);
  std::string left;
  for (int i = 0; i < 6000 && (left = Ask("postgres", count)) != "0"; ++i) usleep(10'000);
  EXPECT_EQ(left, "0") << "sessions of a killed program";
}

void PgKillLane::ExpectRepositorySound() {
  const auto listed = repository_.ExpectSound(round_ % kThoroughEvery == 0 ? 2 : 1);
  for (const std::string& id : backups_) {
    EXPECT_TRUE(listed.contains(id)) << "lost backup " << id;
  }
  backups_ = listed;
}

// Under the target's name is nothing, the old one, or all of the new one.
void PgKillLane::ExpectNothingHalf(PgVictim victim) {
  const bool exists = Targets().contains(target_);
  if (victim == PgVictim::kOverwrite) {
    ASSERT_TRUE(exists) << "the old target is gone";
    if (Ask(target_, "SELECT count(*) FROM pg_class WHERE relname = 'precious'") == "1") {
      EXPECT_EQ(Ask(target_, "SELECT it FROM precious"), kOldTarget);
      return;
    }
  }
  if (exists) {
    EXPECT_EQ(Contents(target_), Contents(source_));
  }
}

void PgKillLane::ExpectTheSameSucceeds(PgVictim victim) {
  const bool was_done = victim != PgVictim::kOverwrite && Targets().contains(target_);
  const ProgramRun run = RunProgram(Spec(WordsOf(victim)));
  constexpr int kAlreadyExists = 9;
  ASSERT_EQ(run.status, was_done ? kAlreadyExists : 0) << run.err;
  if (victim == PgVictim::kBackup) backups_.insert(run.out.substr(0, run.out.find('\n')));
}

void PgKillLane::ExpectNoDebris(PgVictim victim) {
  std::set<std::string> expected;
  if (victim != PgVictim::kBackup) {
    expected.insert(target_);
    EXPECT_EQ(Contents(target_), Contents(source_));
  }
  EXPECT_EQ(Targets(), expected);
}

PgKillCount PgKillLane::Run(int kills) {
  PgKillCount count;
  if (::testing::Test::HasFailure()) return count;
  for (const PgVictim victim : kVictims) length_[victim] = Measure(victim);
  while (count.killed < kills && !::testing::Test::HasFailure()) {
    const PgVictim victim = kVictims[static_cast<std::size_t>(round_++) % kVictims.size()];
    Prepare(victim);
    if (Kill(victim)) {
      ++count.killed;
      ++count.by_victim[victim];
    } else {
      ++count.ended_before;
      // It is quicker than when it was measured.
      length_[victim] = length_[victim] * 9 / 10;
    }
    AwaitNoSession();
    ExpectNothingHalf(victim);
    ExpectTheSameSucceeds(victim);
    ExpectNoDebris(victim);
    ExpectRepositorySound();
  }
  round_ = 0;  // thorough
  ExpectRepositorySound();
  return count;
}

void PgKillLane::Sql(const std::string& database, const std::string& statements) const {
  const auto done = server_.Query(database, statements);
  ASSERT_TRUE(done) << done.error().ToString();
}

std::string PgKillLane::Ask(const std::string& database, const std::string& query) const {
  const auto value = server_.QueryValue(database, query);
  EXPECT_TRUE(value) << value.error().ToString();
  return value.value_or("");
}

std::string PgKillLane::Contents(const std::string& database) const {
  return Ask(database, R"(SELECT concat_ws(' ',
      (SELECT sum(hashtextextended(o::text, 0)) FROM orders o),
      (SELECT sum(hashtextextended(l::text, 0)) FROM lines l), md5(lo_get(4711)),
      (SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class JOIN pg_index ON
         indexrelid = pg_class.oid WHERE indisvalid AND relnamespace = 'public'::regnamespace),
      (SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint WHERE oid >= 16384)))");
}

std::set<std::string> PgKillLane::Targets() const {
  std::set<std::string> names;
  const auto rows = server_.Query("postgres", "SELECT datname FROM pg_database");
  EXPECT_TRUE(rows) << rows.error().ToString();
  if (!rows) return names;
  for (const PgRow& row : *rows) {
    if (row[0]->starts_with(target_)) names.insert(*row[0]);
  }
  return names;
}

}  // namespace dbstow::test
