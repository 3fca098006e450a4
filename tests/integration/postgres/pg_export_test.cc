#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "integration/postgres/postgres_fixture.h"
#include "support/pg_compare.h"

namespace dbstow::postgres {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class ExportTest : public PostgresTest {
 protected:
  [[nodiscard]] Result<ExportResult> Export(const std::string& path) {
    const auto instance = Instance(Connection("shop"));
    return dynamic_cast<SupportsExport&>(*instance).Export({"latest", path, "native"},
                                                           world_.context);
  }

  // Once per program: ctest runs each case in its own.
  void MakeShop(const std::string& scale) {
    const auto made = test::CreateShop(*server_, "shop", scale);
    ASSERT_TRUE(made) << made.error().ToString();
  }

  void DropShop() { Sql("postgres", "DROP DATABASE IF EXISTS shop"); }
  void TearDown() override {
    if (server_ != nullptr) DropShop();
  }

  test::ScratchFolder folder_;
};

// pg_restore alone brings back everything, from several parts per table and in both formats.
class ExportFormats : public ExportTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(ExportFormats, PgRestoreBringsEverythingBack) {
  MakeShop("0.03");
  const auto backup =
      Backup(Connection("shop"), {{"splitMegabytes", "1"}, {"copyFormat", GetParam()}});
  ASSERT_TRUE(backup) << backup.error().ToString();
  const auto exported = Export(folder_ / "out");
  ASSERT_TRUE(exported) << exported.error().ToString();
  EXPECT_THAT(exported->details, Contains(Pair("restore_command", HasSubstr("pg_restore"))));
  const auto listing = server_->RunTool("pg_restore", {"-l", folder_ / "out"});
  ASSERT_TRUE(listing && listing->status == 0) << listing->errors;
  EXPECT_THAT(listing->output, HasSubstr("TABLE DATA shop customers"));

  Sql("postgres", "DROP DATABASE IF EXISTS back; ");
  ASSERT_TRUE(server_->CreateDatabase("back"));
  const auto restored =
      server_->RunTool("pg_restore", {"--exit-on-error", "-j2", "-d", "back", folder_ / "out"});
  ASSERT_TRUE(restored && restored->status == 0) << restored->errors;
  const auto expected = test::CaptureImage(*server_, "shop");
  const auto found = test::CaptureImage(*server_, "back");
  ASSERT_TRUE(expected && found);
  EXPECT_GT(expected->rows, 50'000u);
  EXPECT_THAT(test::CompareImages(*expected, *found), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(All, ExportFormats, ::testing::Values("auto", "text"));

/// Keeps the last report of each phase.
class LastOfEachPhase final : public ProgressSink {
 public:
  void Report(const Progress& progress) override {
    const std::scoped_lock lock(mutex_);
    last[progress.phase] = progress;
  }
  std::map<std::string, Progress> last;

 private:
  std::mutex mutex_;
};

// Without a total there is no bar, and no time left.
TEST_F(ExportTest, ProgressOfAnExportAndOfAProofKnowsItsTotal) {
  MakeShop("0.003");
  ASSERT_TRUE(Backup(Connection("shop")));
  LastOfEachPhase sink;
  OperationContext context = world_.context.With(sink);
  const auto instance = Instance(Connection("shop"));
  ASSERT_TRUE(dynamic_cast<SupportsExport&>(*instance).Export({"latest", folder_ / "out", "native"},
                                                              context));
  ASSERT_TRUE(dynamic_cast<SupportsVerify&>(*instance).Prove({"latest", {}}, context));
  for (const char* phase : {"export", "data", "compare"}) {
    ASSERT_TRUE(sink.last.contains(phase)) << phase;
    const Progress& last = sink.last[phase];
    ASSERT_TRUE(last.bytes_total) << phase;
    EXPECT_GT(last.bytes_done, *last.bytes_total / 2) << phase;
    EXPECT_LT(last.bytes_done, *last.bytes_total * 2) << phase;
  }
}

TEST_F(ExportTest, RefusesAPathThatExists) {
  MakeShop("0.001");
  ASSERT_TRUE(Backup(Connection("shop")));
  const auto exported = Export(folder_.path());
  ASSERT_FALSE(exported);
  EXPECT_EQ(exported.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(ExportTest, ADryRunSaysWhatTheRunWould) {
  MakeShop("0.001");
  ASSERT_TRUE(Backup(Connection("shop")));
  std::ofstream(folder_ / "file").put('x');
  for (const bool dry_run : {true, false}) {
    world_.context.dry_run = dry_run;
    EXPECT_EQ(Export(folder_.path()).error().code(), ErrorCode::kAlreadyExists);
    const auto nowhere = Export(folder_ / "no/such/folder");
    EXPECT_EQ(nowhere.error().code(), ErrorCode::kNotFound) << nowhere.error().ToString();
    EXPECT_THAT(nowhere.error().hint(), HasSubstr("mkdir -p"));
    EXPECT_EQ(Export(folder_ / "file/out").error().code(), ErrorCode::kInvalidOptions);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "no"));
}

// What is under the name is whole at every moment, so a killed run is in nobody's way.
TEST_F(ExportTest, TheNameAppearsWhenAllIsThere) {
  MakeShop("0.001");
  ASSERT_TRUE(Backup(Connection("shop")));
  const std::string out = folder_ / "out";
  std::vector<std::string> seen;
  store_.OnRead(5, [&] {
    for (const auto& each : std::filesystem::directory_iterator(folder_.path())) {
      seen.push_back(each.path().filename());
    }
  });
  const auto exported = Export(out + "/");
  ASSERT_TRUE(exported) << exported.error().ToString();
  EXPECT_THAT(seen, ::testing::ElementsAre(::testing::StartsWith(".out.dbstow-")));
  EXPECT_TRUE(std::filesystem::exists(out + "/toc.dat"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(ExportTest, WhatAppearsMeanwhileIsNotReplaced) {
  MakeShop("0.001");
  ASSERT_TRUE(Backup(Connection("shop")));
  store_.OnRead(5, [&] { std::filesystem::create_directory(folder_ / "out"); });
  const auto exported = Export(folder_ / "out");
  ASSERT_FALSE(exported);
  EXPECT_EQ(exported.error().code(), ErrorCode::kAlreadyExists) << exported.error().ToString();
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "out"));
}

TEST_F(ExportTest, LeavesNothingWhenTheBackupCannotBeRead) {
  MakeShop("0.001");
  ASSERT_TRUE(Backup(Connection("shop")));
  for (const int nth : {1, 3, 10, 40}) {
    store_.FailRead(nth, Error(ErrorCode::kCorrupt, "a pack is damaged"));
    const auto exported = Export(folder_ / "out");
    ASSERT_FALSE(exported) << nth;
    EXPECT_EQ(exported.error().code(), ErrorCode::kCorrupt);
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << nth;
  }
}

TEST_F(ExportTest, EndsWhenCancelled) {
  MakeShop("0.001");
  ASSERT_TRUE(Backup(Connection("shop")));
  stop_.request_stop();
  const auto exported = Export(folder_ / "out");
  ASSERT_FALSE(exported);
  EXPECT_EQ(exported.error().code(), ErrorCode::kCancelled);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(ExportTest, NeedsNoServer) {
  MakeShop("0.001");
  ASSERT_TRUE(Backup(Connection("shop")));
  ASSERT_TRUE(server_->Stop(test::PostgresServer::StopMode::kFast));
  const auto exported = Export(folder_ / "out");
  EXPECT_TRUE(exported) << exported.error().ToString();
  ASSERT_TRUE(server_->Start());
}

}  // namespace
}  // namespace dbstow::postgres
