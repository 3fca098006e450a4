#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/doctor.h"
#include "dbstow/app/dbstow.h"
#include "dbstow/operations/data_operations.h"
#include "support/fakes.h"
#include "support/memory_object_store.h"

namespace dbstow {
namespace {

/// A store that lets every writer win, as a file system without atomic link does.
class CarelessStore final : public storage::ObjectStore {
 public:
  Result<void> Put(std::string_view, ByteView) override { return {}; }
  Result<Bytes> Get(std::string_view) override { return Bytes(); }
  Result<void> GetRange(std::string_view, std::uint64_t, MutableByteView) override { return {}; }
  Result<std::vector<storage::ObjectInfo>> List(std::string_view) override {
    return std::vector<storage::ObjectInfo>();
  }
  Result<void> Delete(std::string_view) override { return {}; }
  Result<storage::Debris> FindDebris(std::string_view) override { return storage::Debris{}; }
  Result<storage::Debris> RemoveDebris(std::string_view) override { return storage::Debris{}; }
  std::string Describe() const override { return "careless:"; }
};

TEST(StorePromisesTest, AGoodStorePassesAndACarelessOneIsFoundOut) {
  test::MemoryObjectStore good;
  test::FakeRandom random;
  EXPECT_TRUE(app::CheckStorePromises(good, random));
  EXPECT_TRUE(good.Keys().empty()) << "nothing is left behind";
  CarelessStore careless;
  const auto broken = app::CheckStorePromises(careless, random);
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message().find("8 won"), std::string::npos) << broken.error().message();
}

class DbstowTest : public ::testing::Test {
 protected:
  DbstowTest() { std::ofstream(folder_ / "dbstow.toml") << configuration_; }
  std::unique_ptr<Dbstow> Create() {
    auto created = Dbstow::Create(
        {.configuration_file = folder_ / "dbstow.toml", .state_directory = folder_ / "state"});
    EXPECT_TRUE(created) << created.error().ToString();
    return std::move(*created);
  }
  test::ScratchFolder folder_;
  std::string configuration_ = "[instances.app]\nengine = \"sqlite\"\ndatabase = \"/srv/app.db\"\n";
};

TEST_F(DbstowTest, InstancesComeByNameAndByUri) {
  const auto stow = Create();
  EXPECT_EQ((*stow->OpenInstance("app"))->name(), "app");
  EXPECT_EQ((*stow->OpenInstance("sqlite:///srv/app.db"))->name(), "sqlite-srv-app.db");
  const auto unknown = stow->OpenInstance("ap");
  EXPECT_EQ(unknown.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(unknown.error().hint(), "did you mean 'app'?");
  EXPECT_EQ(stow->OpenInstance("nosuch:///x").error().code(), ErrorCode::kInvalidOptions);
}

TEST_F(DbstowTest, ARepositoryIsCreatedRefusedOrImitatedAsAsked) {
  const auto stow = Create();
  const SecretString passphrase("secret");
  RepositoryAddress address{.uri = "file://" + (folder_ / "repo"), .passphrase = &passphrase};
  address.missing = RepositoryAddress::Missing::kRefuse;
  EXPECT_EQ(stow->Open(address).error().code(), ErrorCode::kNoRepository);
  address.missing = RepositoryAddress::Missing::kImitate;
  {
    const auto imitated = stow->Open(address);
    ASSERT_TRUE(imitated);
    EXPECT_TRUE((*imitated)->store().List("")->empty());
    EXPECT_EQ((*imitated)->store().Begin({}).error().code(), ErrorCode::kNoRepository);
    PruneOperation prune({}, (*imitated)->port());
    const auto instance = stow->OpenInstance("app");
    auto context = stow->NewContext({.effect = OperationSettings::Effect::kDryRun});
    const OperationResult planned = stow->executor().Execute(prune, **instance, *context);
    EXPECT_TRUE(planned.success) << planned.message;
    VerifyOperation verify({.source = ""}, (*imitated)->port());
    auto checking = stow->NewContext({});
    EXPECT_EQ(stow->executor().Execute(verify, **instance, *checking).error->code(),
              ErrorCode::kNoRepository);
  }
  EXPECT_FALSE(std::ifstream(folder_ / "repo/repo.json")) << "nothing was created";
  address.missing = RepositoryAddress::Missing::kCreate;
  EXPECT_TRUE(stow->Open(address));
  address.missing = RepositoryAddress::Missing::kRefuse;
  EXPECT_TRUE(stow->Open(address));
  const SecretString wrong("other");
  address.passphrase = &wrong;
  EXPECT_EQ(stow->Open(address).error().code(), ErrorCode::kWrongKey);
}

TEST_F(DbstowTest, WithoutAPassphraseTheErrorSaysWhereToPutIt) {
  ::unsetenv("DBSTOW_PASSPHRASE");
  const auto opened = Create()->Open({.uri = "file://" + (folder_ / "repo")});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().hint().find("DBSTOW_PASSPHRASE"), std::string::npos);
  EXPECT_NE(opened.error().hint().find("--repo-secret"), std::string::npos);
}

TEST_F(DbstowTest, TheConfigurationIsCheckedByEnginesAndProviders) {
  std::ofstream(folder_ / "dbstow.toml")
      << "[instances.a]\nengine = \"sqlit\"\ndatabase = \"/x\"\n"
         "[instances.b]\nengine = \"sqlite\"\ndatabase = \"/x\"\nproperties = { jurnal = 1 }\n"
         "[instances.c]\nengine = \"postgres\"\ndatabase = \"x\"\nsecret = \"hunter2:x\"\n";
  const auto report = app::LintConfiguration(folder_ / "dbstow.toml");
  ASSERT_TRUE(report);
  ASSERT_EQ(report->problems.size(), 3u);
  for (const Error& problem : report->problems) {
    EXPECT_EQ(problem.ToString().find("hunter2"), std::string::npos) << problem.ToString();
  }
  EXPECT_EQ(Dbstow::Create({.configuration_file = folder_ / "dbstow.toml"}).error().code(),
            ErrorCode::kInvalidOptions);
}

TEST_F(DbstowTest, AContextTakesTheTraceOfTheCaller) {
  const auto stow = Create();
  OperationSettings settings;
  settings.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(stow->NewContext(settings)->trace.hex(), "0af7651916cd43dd8448eb211c80319c");
  settings.traceparent = "nonsense";
  const auto context = stow->NewContext(settings);
  ASSERT_TRUE(context) << context.error().ToString();
  EXPECT_EQ(context->trace.hex().size(), 32u);
}

TEST_F(DbstowTest, TheLongestTimeoutIsNone) {
  const auto stow = Create();
  EXPECT_FALSE(stow->NewContext({.timeout = std::chrono::milliseconds::max()})->deadline.at());
  EXPECT_TRUE(stow->NewContext({.timeout = std::chrono::hours(1)})->deadline.at());
}

TEST_F(DbstowTest, TheStateFolderStaysWhereItWasWhenTheProgramGoesElsewhere) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  const auto stow =
      Dbstow::Create({.configuration_file = folder_ / "dbstow.toml", .state_directory = "here"});
  std::filesystem::current_path(before);
  ASSERT_TRUE(stow);
  EXPECT_TRUE((*stow)->NewContext({}));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "here"));
}

TEST_F(DbstowTest, AMalformedTraceOfTheEnvironmentRefusesNothing) {
  ::setenv("TRACEPARENT", "00-x", 1);
  EXPECT_TRUE(Create()->NewContext({}));
  ::unsetenv("TRACEPARENT");
}

}  // namespace
}  // namespace dbstow
