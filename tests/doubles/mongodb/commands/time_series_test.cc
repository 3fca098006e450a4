#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doubles/mongodb/testing/local_node.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

constexpr const char* kMixedBucket = R"({"insert": "system.buckets.s", "documents": [{"_id": 1,
    "control": {"version": 1, "min": {"t": {"$date": 0}, "a": 1}, "max": {"t": {"$date": 1},
    "a": "x"}}, "data": {"t": {"0": {"$date": 0}, "1": {"$date": 1}},
    "a": {"0": 1, "1": "x"}}}]})";

TEST(TimeSeriesCommandsTest, BucketsOfMixedSchemaNeedLeave) {
  LocalNode node;
  ASSERT_EQ(node.Code("d", R"({"create": "s", "timeseries": {"timeField": "t"}})"), 0);
  EXPECT_EQ(node.Code("d", kMixedBucket), 408);
  EXPECT_EQ(node.Code("d", R"({"collMod": "s", "timeseriesBucketsMayHaveMixedSchemaData": true})"),
            0);
  EXPECT_EQ(node.Code("d", kMixedBucket), 0);
  EXPECT_EQ(node.Batch("d", R"({"find": "s"})").size(), 2U);
  // It is no option of the collection that a dump would carry.
  for (const Json& listed : node.Batch("d", R"({"listCollections": 1})")) {
    EXPECT_FALSE(listed["options"].contains("timeseriesBucketsMayHaveMixedSchemaData")) << listed;
  }
  node.Restart();
  EXPECT_EQ(node.Code("d", R"({"delete": "system.buckets.s", "deletes": [{"q": {}, "limit": 0}]})"),
            0);
  EXPECT_EQ(node.Code("d", kMixedBucket), 0);
}

TEST(TimeSeriesCommandsTest, AnUpdateMakesNoBucketMixed) {
  LocalNode node;
  ASSERT_EQ(node.Code("d", R"({"create": "s", "timeseries": {"timeField": "t"}})"), 0);
  ASSERT_EQ(node.Code("d", R"({"insert": "s", "documents": [{"t": {"$date": 5}, "a": 1}]})"), 0);
  EXPECT_EQ(node.Code("d", R"({"update": "system.buckets.s", "updates": [
                {"q": {}, "u": {"$set": {"control.max.a": "x"}}}]})"),
            408);
}

TEST(TimeSeriesCommandsTest, MeasurementsOfAnotherTypeBeginABucket) {
  LocalNode node;
  ASSERT_EQ(node.Code("d", R"({"create": "s", "timeseries": {"timeField": "t"}})"), 0);
  ASSERT_EQ(node.Code("d", R"({"insert": "s", "documents": [{"t": {"$date": 5}, "a": 1},
                               {"t": {"$date": 6}, "a": 2}, {"t": {"$date": 7}, "a": "x"}]})"),
            0);
  EXPECT_EQ(node.Ask("d", R"({"count": "system.buckets.s"})")["n"], 2);
  EXPECT_EQ(node.Batch("d", R"({"find": "s"})").size(), 3U);
}

}  // namespace
}  // namespace dbstow::doubles::mongodb::testing
