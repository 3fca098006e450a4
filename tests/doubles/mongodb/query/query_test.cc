#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/query/diff.h"
#include "doubles/mongodb/query/matcher.h"
#include "doubles/mongodb/query/projection.h"
#include "doubles/mongodb/query/update.h"

namespace dbstow::doubles::mongodb {
namespace {

std::string Under(std::string_view name, const std::string& document) {
  return Builder().Add(name, Document(document)).Finish();
}

template <class T>
std::string Cond(std::string_view path, std::string_view op, T value) {
  return Under(path, Builder().Add(op, value).Finish());
}

bool Matches(const std::string& filter, const std::string& document) {
  const auto matcher = Matcher::Parse(filter);
  EXPECT_TRUE(matcher) << matcher.error().ToString();
  return matcher && matcher->Matches(document);
}

TEST(MatcherTest, ComparesWithinATypeOnly) {
  const std::string document = Builder().Add("a", 5).Add("b", "5").Finish();
  EXPECT_TRUE(Matches(Cond("a", "$gt", 4), document));
  EXPECT_TRUE(Matches(Cond("a", "$gte", 5.0), document));
  EXPECT_FALSE(Matches(Cond("b", "$gt", 4), document));
  EXPECT_TRUE(Matches(Cond("c", "$exists", false), document));
  EXPECT_TRUE(Matches(Builder().Add("c", Null{}).Finish(), document));
}

TEST(MatcherTest, LooksIntoArraysAndPaths) {
  ArrayBuilder array;
  array.Add(1).Add(7);
  const std::string list = array.Finish();
  const std::string inner = Builder().Add("x", Array{Document(list)}).Finish();
  const std::string document = Under("a", inner);
  EXPECT_TRUE(Matches(Builder().Add("a.x", 7).Finish(), document));
  EXPECT_TRUE(Matches(Builder().Add("a.x.1", 7).Finish(), document));
  EXPECT_FALSE(Matches(Builder().Add("a.x.0", 7).Finish(), document));
  EXPECT_TRUE(Matches(Cond("a.x", "$size", 2), document));
  EXPECT_TRUE(Matches(Under("a.x", Cond("$elemMatch", "$gt", 6)), document));
}

TEST(MatcherTest, RefusesWhatTheVendorRefuses) {
  const auto unknown = Matcher::Parse(Cond("a", "$nonsense", 1));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(CodeOf(unknown.error()), kBadValue);
  const auto top = Matcher::Parse(Builder().Add("$nonsense", 1).Finish());
  ASSERT_FALSE(top);
  EXPECT_EQ(CodeOf(top.error()), kBadValue);
}

Result<std::string> Apply(const std::string& update, const std::string& before) {
  const auto parsed = Update::Parse(Element(BsonType::kObject, "", update));
  if (!parsed) return parsed.error();
  return parsed->Apply(before);
}

TEST(UpdateTest, OperatorsKeepTheOrderOfFields) {
  const std::string before = Builder().Add("_id", 1).Add("a", 1).Add("b", 2).Finish();
  const auto after = Apply(Cond("$set", "a", 9), before);
  ASSERT_TRUE(after) << after.error().ToString();
  EXPECT_EQ(*after, Builder().Add("_id", 1).Add("a", 9).Add("b", 2).Finish());
  const auto deep = Apply(Cond("$set", "c.d", 3), before);
  ASSERT_TRUE(deep);
  EXPECT_EQ(Document(*deep)["c"].AsDocument()["d"].AsInt64(), 3);
}

TEST(UpdateTest, TheIdCannotChangeAndUnknownModifiersAreRefused) {
  const std::string before = Builder().Add("_id", 1).Finish();
  const auto changed = Apply(Cond("$set", "_id", 2), before);
  ASSERT_FALSE(changed);
  EXPECT_EQ(CodeOf(changed.error()), kImmutableField);
  const auto unknown = Apply(Cond("$frobnicate", "a", 2), before);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(CodeOf(unknown.error()), kFailedToParse);
}

std::string RandomDocument(std::mt19937_64& random, int depth) {
  Builder out;
  for (char name = 'a'; name < 'f'; ++name) {
    const std::string field(1, name);
    switch (random() % 6) {
      case 0: out.Add(field, static_cast<std::int32_t>(random() % 3)); break;
      case 1: out.String(field, std::string(random() % 40, 'x')); break;
      case 2:
        if (depth < 3) {
          const std::string inner = RandomDocument(random, depth + 1);
          out.Add(field, Document(inner));
        }
        break;
      case 3: {
        ArrayBuilder array;
        for (std::uint64_t i = depth < 3 ? random() % 4 : 0; i > 0; --i) {
          const std::string inner = RandomDocument(random, depth + 1);
          array.Add(Document(inner));
        }
        const std::string list = array.Finish();
        out.Add(field, Array{Document(list)});
        break;
      }
      default: break;
    }
  }
  return out.Finish();
}

TEST(DiffTest, AppliedToTheOldDocumentItGivesTheNewOneByteForByte) {
  std::mt19937_64 random(7);
  int made = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string before = RandomDocument(random, 0);
    const std::string after = RandomDocument(random, 0);
    const auto diff = MakeDiff(before, after);
    if (!diff) continue;
    ++made;
    ASSERT_TRUE(ValidateBson(*diff));
    const auto applied = ApplyDiff(before, *diff);
    ASSERT_TRUE(applied) << i;
    ASSERT_EQ(*applied, after) << i;
  }
  EXPECT_EQ(made, 5000);
}

TEST(ProjectionTest, IncludesAndExcludes) {
  const std::string document = Builder().Add("_id", 1).Add("a", 2).Add("b", 3).Finish();
  const auto include = Projection::Parse(Builder().Add("a", 1).Finish());
  ASSERT_TRUE(include);
  EXPECT_EQ(include->Apply(document), Builder().Add("_id", 1).Add("a", 2).Finish());
  const auto exclude = Projection::Parse(Builder().Add("a", 0).Add("_id", 0).Finish());
  ASSERT_TRUE(exclude);
  EXPECT_EQ(exclude->Apply(document), Builder().Add("b", 3).Finish());
  EXPECT_FALSE(Projection::Parse(Builder().Add("a", 0).Add("b", 1).Finish()));
}

}  // namespace
}  // namespace dbstow::doubles::mongodb
