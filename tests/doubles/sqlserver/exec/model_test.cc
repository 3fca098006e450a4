// Random histories against a model that keeps full copies, with processes killed on the way.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "doubles/sqlserver/testing/in_process_server.h"
#include "doubles/sqlserver/testing/plain_model.h"
#include "support/fakes.h"
#include "support/killed_process.h"

namespace dbstow::doubles::sqlserver {
namespace {

using Kind = PlainModel::Kind;

/// A statement and what the model says of it.
struct Step {
  std::string sql;
  std::function<PlainModel::Errors(PlainModel&)> apply;
  bool restores_full = false;
};

class Histories : public testing::TestWithParam<int> {
 protected:
  static constexpr const char* kTables[] = {"item", "old"};

  Histories() : random_(static_cast<unsigned>(GetParam())) {}

  // Every second history has file groups restored online.
  bool IsEnterprise() const { return GetParam() % 2 == 0; }
  InstanceSettings Settings() const {
    InstanceSettings settings;
    settings.edition = IsEnterprise() ? Edition::kEnterprise : Edition::kStandard;
    return settings;
  }
  PlainModel::Edition ModelEdition() const {
    return IsEnterprise() ? PlainModel::Edition::kEnterprise : PlainModel::Edition::kStandard;
  }
  std::string Folder() const { return folder_.path() + "/server"; }
  int Pick(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
  std::string Path(const std::string& file) const { return folder_.path() + "/" + file; }

  Step Data() {
    const int group = Pick(PlainModel::kGroups);
    const int id = Pick(12);
    const std::string table = kTables[group];
    const std::string key = std::to_string(id);
    const std::string text = "t" + std::to_string(Pick(1000));
    switch (Pick(3)) {
      case 0:
        return {"INSERT INTO shop.dbo." + table + " VALUES (" + key + ", N'" + text + "')",
                [=](PlainModel& model) { return model.Put(group, id, text); }};
      case 1:
        return {"UPDATE shop.dbo." + table + " SET name = N'" + text + "' WHERE id = " + key,
                [=](PlainModel& model) { return model.Change(group, id, text); }};
      default:
        return {"DELETE FROM shop.dbo." + table + " WHERE id = " + key,
                [=](PlainModel& model) { return model.Erase(group, id); }};
    }
  }

  Step Transaction(const PlainModel& model) {
    if (!model.in_transaction()) {
      return {"BEGIN TRAN", [](PlainModel& m) { return m.Begin(); }};
    }
    if (Pick(3) == 0) return {"ROLLBACK", [](PlainModel& m) { return m.Rollback(); }};
    return {"COMMIT", [](PlainModel& m) { return m.Commit(); }};
  }

  Step BackupOf(Kind kind) {
    const std::string file = "b" + std::to_string(next_file_++);
    const int group = Pick(PlainModel::kGroups);
    const std::string with = kind == Kind::kCopy           ? ", COPY_ONLY"
                             : kind == Kind::kDifferential ? ", DIFFERENTIAL"
                             : kind == Kind::kTail         ? ", NORECOVERY"
                                                           : "";
    const bool log = kind == Kind::kLog || kind == Kind::kTail;
    return {std::string("BACKUP ") + (log ? "LOG" : "DATABASE") + " shop " +
                (kind == Kind::kGroup ? OfGroup(group) : "") + " TO DISK = '" + Path(file) +
                "' WITH INIT" + with,
            [=](PlainModel& model) { return model.Backup(kind, file, group); }};
  }

  static std::string OfGroup(int group) {
    return std::string("FILEGROUP = '") + (group == 0 ? "PRIMARY" : "arch") + "'";
  }

  std::optional<Step> RestoreOf(const PlainModel& model, Kind kind) {
    const int group = Pick(PlainModel::kGroups);
    const std::vector<std::string> files = kind == Kind::kGroup ? model.FilesFor(group)
                                           : kind == Kind::kLog ? model.Logs()
                                                                : model.Files(kind);
    if (files.empty() || (kind == Kind::kGroup && model.is_shell())) return std::nullopt;
    const std::string file = files[static_cast<std::size_t>(Pick(static_cast<int>(files.size())))];
    const std::string from = " shop FROM DISK = '" + Path(file) + "' WITH NORECOVERY";
    if (kind == Kind::kLog) {
      return Step{"RESTORE LOG" + from, [=](PlainModel& m) { return m.RestoreLog(file); }};
    }
    if (kind == Kind::kGroup) {
      return Step{"RESTORE DATABASE shop " + OfGroup(group) + " FROM DISK = '" + Path(file) +
                      "' WITH NORECOVERY",
                  [=](PlainModel& m) { return m.RestoreGroup(file, group); }};
    }
    if (kind == Kind::kDifferential) {
      return Step{"RESTORE DATABASE" + from,
                  [=](PlainModel& m) { return m.RestoreDifferential(file); }};
    }
    return Step{"RESTORE DATABASE" + from + ", REPLACE",
                [=](PlainModel& m) { return m.RestoreFull(file); }, true};
  }

  Step Snapshot() {
    switch (Pick(3)) {
      case 0: {
        const std::string file = Path("s" + std::to_string(next_file_++));
        return {"CREATE DATABASE snap ON (NAME = shop, FILENAME = '" + file +
                    "'), (NAME = shop_arch, FILENAME = '" + file + "_arch') AS SNAPSHOT OF shop",
                [](PlainModel& m) { return m.MakeSnapshot(); }};
      }
      case 1: return {"DROP DATABASE snap", [](PlainModel& m) { return m.DropSnapshot(); }};
      default:
        return {"RESTORE DATABASE shop FROM DATABASE_SNAPSHOT = 'snap'",
                [](PlainModel& m) { return m.Revert(); }};
    }
  }

  Step Next(const PlainModel& model) {
    const bool restoring = model.state() == PlainModel::State::kRestoring;
    const int dice = Pick(100);
    if (model.is_away() && Pick(3) == 0) {
      if (Pick(4) == 0) {
        return {"RESTORE DATABASE shop WITH RECOVERY", [](PlainModel& m) { return m.Recover(); }};
      }
      if (std::optional<Step> log = RestoreOf(model, Kind::kLog)) return std::move(*log);
    }
    if (Pick(model.snapshot() ? 8 : 60) == 0) return Snapshot();
    if (dice < (restoring ? 5 : 45)) return Data();
    if (dice < (restoring ? 8 : 60)) return Transaction(model);
    if (dice < (restoring ? 10 : 90)) {
      static constexpr Kind kKinds[] = {
          Kind::kFull, Kind::kCopy,         Kind::kDifferential, Kind::kLog,   Kind::kLog,
          Kind::kLog,  Kind::kDifferential, Kind::kGroup,        Kind::kGroup, Kind::kTail};
      return BackupOf(kKinds[Pick(model.snapshot() ? 9 : 10)]);
    }
    if (restoring && dice < 25) {
      return {"RESTORE DATABASE shop WITH RECOVERY", [](PlainModel& m) { return m.Recover(); }};
    }
    const int kind = Pick(restoring ? 8 : 3);
    std::optional<Step> step = RestoreOf(model, kind == 0   ? Kind::kFull
                                                : kind == 1 ? Kind::kDifferential
                                                : kind == 2 ? Kind::kGroup
                                                            : Kind::kLog);
    return step ? std::move(*step) : Data();
  }

  void Prepare(InProcessSession& sql) const {
    ASSERT_TRUE(sql.Run("CREATE DATABASE shop; ALTER DATABASE shop ADD FILEGROUP arch; ALTER "
                        "DATABASE shop ADD FILE (NAME = shop_arch, FILENAME = '" +
                        Path("arch.ndf") + "') TO FILEGROUP arch")
                    .ok());
    ASSERT_TRUE(
        sql.Run("CREATE TABLE shop.dbo.item (id int PRIMARY KEY, name nvarchar(20)); CREATE "
                "TABLE shop.dbo.old (id int PRIMARY KEY, name nvarchar(20)) ON arch")
            .ok());
  }

  static void Tell(std::string& seen, const std::string& database, const PlainModel::AllRows& rows,
                   int groups) {
    for (int group = 0; group < groups; ++group) {
      seen += " " + database + "." + kTables[group];
      for (const auto& [id, text] : rows[group]) seen += " " + std::to_string(id) + "=" + text;
    }
  }

  /// State and rows, as text.
  static std::string Glance(InProcessSession& sql) {
    std::string seen = sql.Run("SELECT state_desc FROM sys.databases WHERE name = N'shop'").value();
    if (!seen.starts_with("ONLINE")) return seen;
    for (const std::string database : {"shop", "snap"}) {
      for (const std::string table : kTables) {
        const Answer rows =
            sql.Run("SELECT id, name FROM " + database + ".dbo." + table + " ORDER BY id");
        if (rows.errors == std::vector<int>{8653}) continue;
        if (!rows.ok()) return seen;  // no snapshot
        seen += " " + database + "." + table;
        for (const auto& row : rows.rows) seen += " " + row[0] + "=" + row[1];
      }
    }
    return seen;
  }
  static std::string Glance(const PlainModel& model) {
    const bool online = model.state() == PlainModel::State::kOnline;
    std::string seen = online ? "ONLINE" : "RESTORING";
    if (!online) return seen;
    Tell(seen, "shop", model.rows(), model.is_away() ? 1 : PlainModel::kGroups);
    if (model.snapshot()) Tell(seen, "snap", *model.snapshot(), PlainModel::kGroups);
    return seen;
  }

  /// And how many backups and restores there were, and whether a restoring database has anything to
  /// recover: a killed restore of a full backup takes that away, and shows nowhere else.
  static std::string Look(InProcessSession& sql) {
    const std::string redo =
        sql.Run(
               "SELECT redo_start_lsn FROM sys.master_files WHERE database_id = DB_ID('shop')"
               " AND state_desc = 'RESTORING' AND file_id = 1 AND redo_start_lsn IS NULL")
                .rows.empty()
            ? ""
            : " with nothing restored";
    return Glance(sql) + redo + " " + sql.Run("SELECT COUNT(*) FROM msdb.dbo.backupset").value() +
           " " + sql.Run("SELECT COUNT(*) FROM msdb.dbo.restorehistory").value();
  }
  static std::string Look(const PlainModel& model) {
    return Glance(model) + (model.is_shell() ? " with nothing restored" : "") + " " +
           std::to_string(model.backups()) + " " + std::to_string(model.restores());
  }

  static void Agree(const Step& step, const Answer& answer, const PlainModel::Errors& expected) {
    if (expected.empty()) {
      ASSERT_TRUE(answer.ok()) << step.sql << " failed with " << answer.errors.front();
    } else {
      ASSERT_FALSE(answer.ok()) << step.sql << " should fail with " << *expected.begin();
      ASSERT_TRUE(expected.contains(answer.errors.front()))
          << step.sql << " failed with " << answer.errors.front() << ", not " << *expected.begin();
    }
  }

  test::ScratchFolder folder_;
  std::mt19937 random_;
  int next_file_ = 0;
};

TEST_P(Histories, AgreeWithAModelThatKeepsFullCopies) {
  InProcessServer server(Folder(), Settings());
  auto sql = server.Connect();
  Prepare(*sql);
  PlainModel model(ModelEdition());
  for (int i = 0; i < 400; ++i) {
    const Step step = Next(model);
    const Answer answer = sql->Run(step.sql);
    ASSERT_NO_FATAL_FAILURE(Agree(step, answer, step.apply(model))) << "step " << i;
    if (!model.in_transaction()) {
      ASSERT_EQ(Glance(*sql), Glance(model)) << i << ": " << step.sql;
    }
    if (Pick(60) == 0) {
      sql.reset();
      server.Restart();
      sql = server.Connect();
      model.Disconnect();
      ASSERT_EQ(Look(*sql), Look(model)) << "after the restart at step " << i;
    }
  }
}

TEST_P(Histories, SurviveKillsAsLastAcknowledged) {
  {
    InProcessServer server(Folder(), Settings());
    Prepare(*server.Connect());
  }
  PlainModel model(ModelEdition());
  for (int round = 0; round < 12; ++round) {
    std::vector<Step> steps;
    PlainModel ahead = model;
    for (int i = 0; i < 40; ++i) {
      steps.push_back(Next(ahead));
      steps.back().apply(ahead);
    }
    const test::KillMoment moment{1 + static_cast<std::size_t>(Pick(40)),
                                  std::chrono::microseconds(Pick(1000))};
    const std::size_t told = test::RunAndKill(moment, [&](const test::Teller& teller) {
      InProcessServer server(Folder(), Settings());
      const auto sql = server.Connect();
      teller.Tell();  // that it is ready
      for (const Step& step : steps) {
        static_cast<void>(sql->Run(step.sql));
        if (!teller.Tell()) return;
      }
    });
    const std::size_t done = told - 1;
    for (std::size_t i = 0; i < done; ++i) steps[i].apply(model);
    // The statement in flight may have been done; a restore may have been half-way.
    std::vector<PlainModel> possible{model};
    if (done < steps.size()) {
      possible.push_back(model);
      steps[done].apply(possible.back());
      if (steps[done].restores_full && !model.in_transaction()) {
        possible.push_back(model);
        possible.back().BecomeShell();
      }
    }
    InProcessServer server(Folder(), Settings());
    const auto sql = server.Connect();
    const std::string seen = Look(*sql);
    bool found = false;
    for (PlainModel& candidate : possible) {
      candidate.Disconnect();
      if (found || Look(candidate) != seen) continue;
      found = true;
      model = candidate;
    }
    ASSERT_TRUE(found) << "round " << round << ", after " << done << " statements: " << seen
                       << "; the model: " << Look(possible[0]);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Histories, testing::Range(1, 9));

}  // namespace
}  // namespace dbstow::doubles::sqlserver
