#include "contract.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace dbstow::test {
namespace {

std::vector<std::string> Keys(storage::ObjectStore& store, std::string_view prefix) {
  auto listed = store.List(prefix);
  EXPECT_TRUE(listed) << listed.error().ToString();
  std::vector<std::string> keys;
  for (const auto& object : *listed) keys.push_back(object.key);
  std::ranges::sort(keys);
  return keys;
}

TEST_P(ObjectStoreContract, AnEmptyStoreListsNothingAndHasNothing) {
  EXPECT_TRUE(Keys(*store_, "").empty());
  EXPECT_TRUE(Keys(*store_, "i/nobody/").empty());
  EXPECT_EQ(store_->Get("repo.json").error().code(), ErrorCode::kNotFound);
  Bytes out(1);
  EXPECT_EQ(store_->GetRange("repo.json", 0, out).error().code(), ErrorCode::kNotFound);
}

TEST_P(ObjectStoreContract, WhatWasPutIsReadWholeAndInParts) {
  ASSERT_TRUE(store_->Put("i/a/packs/x", AsBytes("hello world")));
  EXPECT_EQ(AsText(*store_->Get("i/a/packs/x")), "hello world");
  Bytes out(5);
  ASSERT_TRUE(store_->GetRange("i/a/packs/x", 6, out));
  EXPECT_EQ(AsText(out), "world");
}

TEST_P(ObjectStoreContract, AnEmptyObjectIsAnObject) {
  ASSERT_TRUE(store_->Put("marks/m", {}));
  EXPECT_EQ(store_->Get("marks/m")->size(), 0u);
  EXPECT_EQ((*store_->List("marks/"))[0].size, 0u);
}

TEST_P(ObjectStoreContract, ARangePastTheEndIsCorrupt) {
  ASSERT_TRUE(store_->Put("k", AsBytes("12345")));
  Bytes out(3);
  EXPECT_EQ(store_->GetRange("k", 3, out).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(store_->GetRange("k", 99, out).error().code(), ErrorCode::kCorrupt);
}

TEST_P(ObjectStoreContract, TheSameBytesAgainAreSuccessAndOthersChangeNothing) {
  ASSERT_TRUE(store_->Put("k", AsBytes("one")));
  EXPECT_TRUE(store_->Put("k", AsBytes("one")));
  EXPECT_EQ(store_->Put("k", AsBytes("two")).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(AsText(*store_->Get("k")), "one");
}

TEST_P(ObjectStoreContract, ListGoesByPrefixNotByFolder) {
  for (const char* key : {"i/a/packs/aa", "i/a/packs/ab", "i/a/manifests/1", "i/ab/packs/c", "r"}) {
    ASSERT_TRUE(store_->Put(key, AsBytes(key)));
  }
  using List = std::vector<std::string>;
  EXPECT_EQ(Keys(*store_, "i/a/packs/"), (List{"i/a/packs/aa", "i/a/packs/ab"}));
  EXPECT_EQ(Keys(*store_, "i/a/packs/ab"), (List{"i/a/packs/ab"}));
  EXPECT_EQ(Keys(*store_, "i/a"),
            (List{"i/a/manifests/1", "i/a/packs/aa", "i/a/packs/ab", "i/ab/packs/c"}));
  EXPECT_EQ(Keys(*store_, "").size(), 5u);
  EXPECT_TRUE(Keys(*store_, "i/a/packs/abc").empty());
  EXPECT_EQ((*store_->List("i/ab/"))[0].size, std::string("i/ab/packs/c").size());
}

TEST_P(ObjectStoreContract, DeletedIsGoneAndDeletingAgainIsSuccess) {
  ASSERT_TRUE(store_->Put("a/k", AsBytes("one")));
  ASSERT_TRUE(store_->Delete("a/k"));
  EXPECT_TRUE(store_->Delete("a/k"));
  EXPECT_TRUE(store_->Delete("never/was"));
  EXPECT_EQ(store_->Get("a/k").error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(Keys(*store_, "").empty());
  ASSERT_TRUE(store_->Put("a/k", AsBytes("two"))) << "the name is free again";
  EXPECT_EQ(AsText(*store_->Get("a/k")), "two");
}

TEST_P(ObjectStoreContract, DebrisIsFoundAndRemovedBelowItsPrefixAndNothingElseIs) {
  ASSERT_TRUE(store_->Put("i/a/packs/live/one", AsBytes("one")));
  for (const char* prefix : {"i/a/packs/", "i/never/was/"}) {
    EXPECT_EQ(store_->FindDebris(prefix)->count, 0u) << prefix;
    EXPECT_EQ(store_->RemoveDebris(prefix)->count, 0u) << prefix;
  }
  if (const auto& leave = GetParam().leave_unfinished) {
    leave(*store_, "i/a/packs/live/two", 5);
    leave(*store_, "i/a/packs/dead/three", 1000);
    leave(*store_, "i/b/packs/dead/four", 30);
    EXPECT_EQ(store_->FindDebris("i/a/packs/")->count, 2u);
    EXPECT_EQ(store_->FindDebris("i/a/packs/")->bytes, 1005u);
    EXPECT_EQ(store_->RemoveDebris("i/a/packs/")->bytes, 1005u);
    EXPECT_EQ(store_->FindDebris("i/a/packs/")->count, 0u);
    EXPECT_EQ(store_->FindDebris("i/b/packs/")->bytes, 30u) << "of another prefix";
  }
  EXPECT_EQ(Keys(*store_, ""), std::vector<std::string>{"i/a/packs/live/one"});
  ASSERT_TRUE(store_->Put("i/a/packs/dead/three", AsBytes("three"))) << "the name is free";
  EXPECT_EQ(AsText(*store_->Get("i/a/packs/live/one")), "one");
}

TEST_P(ObjectStoreContract, OfManyWritersOfOneKeyExactlyOneWins) {
  std::atomic<int> won = 0;
  std::atomic<int> refused = 0;
  std::vector<std::jthread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&, i] {
      const auto put = store_->Put("lock/one", AsBytes("writer " + std::to_string(i)));
      if (put) ++won;
      if (!put && put.error().code() == ErrorCode::kAlreadyExists) ++refused;
    });
  }
  writers.clear();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, 7);
}

TEST_P(ObjectStoreContract, EveryPutIsSeenByTheListThatFollowsIt) {
  std::vector<std::jthread> writers;
  std::atomic<int> missed = 0;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; n < 20; ++n) {
        const std::string key = "i/w/packs/" + std::to_string(i) + "-" + std::to_string(n);
        if (!store_->Put(key, AsBytes(key))) ++missed;
        auto listed = store_->List("i/w/packs/");
        if (!listed || std::ranges::none_of(*listed, [&](auto& o) { return o.key == key; })) {
          ++missed;
        }
      }
    });
  }
  writers.clear();
  EXPECT_EQ(missed, 0);
  EXPECT_EQ(Keys(*store_, "i/w/").size(), 80u);
}

}  // namespace
}  // namespace dbstow::test
