#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "contract/engine/engine_fixture.h"
#include "dbstow/core/interfaces.h"
#include "support/memory_backup_store.h"

namespace dbstow::test {

/// A fresh database of the engine under test, a store in memory, and what every case does with
/// them.
class EngineContract : public testing::TestWithParam<EngineFixture*> {
 protected:
  EngineContract() : fixture_(*GetParam()), test_(&store_) {}

  void SetUp() override {
    if (const auto missing = fixture_.StartOnce()) GTEST_SKIP() << *missing;
    fixture_.Prepare(test_);
    ASSERT_TRUE(fixture_.Register(registry_));
    auto spec = fixture_.CreateDatabase();
    ASSERT_TRUE(spec) << spec.error().ToString();
    spec_ = *std::move(spec);
    instance_ = Create(*spec_);
    ASSERT_NE(instance_, nullptr);
    auto refreshed = instance_->Refresh(test_.context);
    ASSERT_TRUE(refreshed) << refreshed.error().ToString();
    auto descriptor = registry_.Find(spec_->engine);
    ASSERT_TRUE(descriptor);
    descriptor_ = *descriptor;
  }

  std::unique_ptr<DatabaseInstance> Create(InstanceSpec spec) {
    auto instance = registry_.Create(std::move(spec));
    EXPECT_TRUE(instance) << instance.error().ToString();
    return instance ? *std::move(instance) : nullptr;
  }

  /// What the instance can do now; else nothing, after a look at how it is refused.
  template <class C>
  C* Capable() {
    auto capable = As<C>(*instance_);
    if (capable) return *capable;
    ExpectDenied(C::kCapability, capable.error());
    return nullptr;
  }
  /// A refusal of what is denied says why, in the words of the capability.
  void ExpectDenied(std::string_view capability, const Error& refusal) {
    const CapabilitySet now = instance_->capabilities();
    const Capability* denied = now.Find(capability);
    ASSERT_NE(denied, nullptr) << capability << " is neither allowed nor denied";
    EXPECT_FALSE(denied->available) << capability;
    EXPECT_EQ(refusal.code(), denied->code) << refusal.ToString();
    ASSERT_FALSE(denied->reason.empty()) << capability;
    EXPECT_THAT(refusal.message(), testing::HasSubstr(denied->reason));
    EXPECT_THAT(refusal.ToString() + refusal.hint(), testing::HasSubstr(denied->remedy));
  }

  Result<BackupResult> Backup() { return Backup({.type = fixture_.type()}); }
  Result<BackupResult> Backup(const BackupOptions& options) {
    DBSTOW_ASSIGN(auto* capable, As<SupportsBackup>(*instance_));
    return capable->Backup(options, test_.context);
  }
  Result<RestoreResult> Restore(const RestoreOptions& options) {
    DBSTOW_ASSIGN(auto* capable, As<SupportsRestore>(*instance_));
    return capable->Restore(options, test_.context);
  }
  Result<CloneResult> Clone(const CloneOptions& options) {
    DBSTOW_ASSIGN(auto* capable, As<SupportsClone>(*instance_));
    return capable->Clone(options, test_.context);
  }

  std::string Contents(const InstanceSpec& spec) {
    auto contents = fixture_.Contents(spec);
    EXPECT_TRUE(contents) << contents.error().ToString();
    return contents ? *contents : "";
  }
  std::string ContentsAt(const std::string& target) {
    return Contents(fixture_.AtTarget(*spec_, target));
  }
  void Mutate(const InstanceSpec& spec) {
    auto mutated = fixture_.Mutate(spec);
    ASSERT_TRUE(mutated) << mutated.error().ToString();
  }
  std::set<std::string> Listing() {
    auto listing = fixture_.Listing();
    EXPECT_TRUE(listing) << listing.error().ToString();
    return listing ? *listing : std::set<std::string>{};
  }

  // A typing error of each known key must be refused, naming the key.
  template <class Try>
  void ExpectUnknownRefused(const std::vector<OptionSpec>& known, Try attempt) {
    const Result<void> unknown = attempt("no_engine_knows_this_word");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code(), ErrorCode::kInvalidOptions) << unknown.error().ToString();
    for (const OptionSpec& spec : known) {
      if (spec.key.ends_with('*')) continue;
      const Result<void> result = attempt(spec.key + "x");
      ASSERT_FALSE(result) << spec.key;
      EXPECT_EQ(result.error().code(), ErrorCode::kInvalidOptions) << result.error().ToString();
      EXPECT_THAT(result.error().message() + " " + result.error().hint(),
                  testing::HasSubstr(spec.key));
    }
  }

  void ExpectNothingLeft(const std::set<std::string>& before) {
    EXPECT_THAT(Listing(), testing::ContainerEq(before));
    EXPECT_THAT(*store_.List(""), testing::IsEmpty());
    EXPECT_EQ(store_.open_writers(), 0);
  }

  EngineFixture& fixture_;
  MemoryBackupStore store_;
  TestContext test_;
  EngineRegistry registry_;
  const EngineDescriptor* descriptor_ = nullptr;
  std::optional<InstanceSpec> spec_;
  std::unique_ptr<DatabaseInstance> instance_;
};

/// One per server that the engine under test can be tested on.
[[nodiscard]] std::vector<EngineFixture*> Fixtures();
[[nodiscard]] std::string ServerName(const testing::TestParamInfo<EngineFixture*>& info);

}  // namespace dbstow::test
