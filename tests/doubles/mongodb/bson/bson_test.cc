#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/errors.h"

namespace dbstow::doubles::mongodb {
namespace {

std::string EveryType() {
  const std::string inner = Builder().Add("x", 1).Finish();
  ArrayBuilder array;
  array.Add(1).Add(2.5).String("three");
  const std::string list = array.Finish();
  const std::string decimal(16, '\0');
  return Builder()
      .Add("double", 1.5)
      .Add("string", "text")
      .Add("object", Document(inner))
      .Add("array", Array{Document(list)})
      .Add("binary", Binary{"abc", 0x80})
      .Raw(BsonType::kUndefined, "undefined", "")
      .Add("oid", ObjectId{"123456789012"})
      .Add("bool", true)
      .Add("date", Date{-1})
      .Add("null", Null{})
      .Raw(BsonType::kRegex, "regex", std::string_view("a\0i\0", 4))
      .Raw(BsonType::kDbPointer, "pointer",
           std::string_view("\2\0\0\0n\0"
                            "123456789012",
                            18))
      .Raw(BsonType::kJavaScript, "code", std::string_view("\2\0\0\0f\0", 6))
      .Raw(BsonType::kSymbol, "symbol", std::string_view("\2\0\0\0s\0", 6))
      .Raw(BsonType::kJavaScriptScope, "scoped",
           std::string_view("\x0F\0\0\0\2\0\0\0f\0\5\0\0\0\0", 15))
      .Add("int", 7)
      .Add("timestamp", Timestamp{0x100000002})
      .Add("long", std::int64_t{1} << 40)
      .Raw(BsonType::kDecimal128, "decimal", decimal)
      .Raw(BsonType::kMinKey, "min", "")
      .Raw(BsonType::kMaxKey, "max", "")
      .Finish();
}

TEST(BsonTest, EveryTypeIsValidAndComesBackByteForByte) {
  const std::string document = EveryType();
  ASSERT_TRUE(ValidateBson(document));
  Builder copy;
  int count = 0;
  for (const Element& element : Document(document)) {
    copy.Add(element);
    ++count;
  }
  EXPECT_EQ(count, 21);
  EXPECT_EQ(copy.Finish(), document);
}

TEST(BsonTest, EveryCutAndEveryFlippedLengthIsRefusedOrStaysInside) {
  const std::string document = EveryType();
  for (std::size_t size = 0; size < document.size(); ++size) {
    EXPECT_FALSE(ValidateBson(document.substr(0, size))) << size;
  }
  for (std::size_t at = 0; at < document.size(); ++at) {
    std::string damaged = document;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x81);
    const auto size = ValidateBson(damaged);
    EXPECT_LE(size.value_or(0), damaged.size());
  }
}

TEST(BsonTest, NestingBeyondTheLimitIsAnErrorOfItsOwn) {
  std::string document = Builder().Finish();
  for (int i = 0; i < 250; ++i) document = Builder().Add("a", Document(document)).Finish();
  const auto valid = ValidateBson(document);
  ASSERT_FALSE(valid);
  EXPECT_EQ(CodeOf(valid.error()), kOverflow);
}

std::string One(const Element& element) { return Builder().Add("v", element).Finish(); }

TEST(OrderTest, TypesFollowTheVendorsOrder) {
  const std::string document = EveryType();
  const char* const in_order[] = {"min",   "undefined", "null", "decimal", "string", "object",
                                  "array", "binary",    "oid",  "bool",    "date",   "timestamp",
                                  "regex", "pointer",   "code", "scoped",  "max"};
  for (std::size_t i = 1; i < std::size(in_order); ++i) {
    EXPECT_LT(CompareValues(Document(document)[in_order[i - 1]], Document(document)[in_order[i]]),
              0)
        << in_order[i - 1] << " before " << in_order[i];
  }
}

TEST(OrderTest, NumbersOfAllTypesAreOneOrder) {
  std::vector<std::string> values;
  values.push_back(Builder().Add("v", std::numeric_limits<double>::quiet_NaN()).Finish());
  values.push_back(Builder().Add("v", -std::numeric_limits<double>::infinity()).Finish());
  values.push_back(Builder().Add("v", std::numeric_limits<std::int64_t>::min()).Finish());
  values.push_back(Builder().Add("v", -2.5).Finish());
  values.push_back(Builder().Add("v", -1).Finish());
  values.push_back(Builder().Add("v", 0.0).Finish());
  values.push_back(Builder().Add("v", 5e-324).Finish());
  values.push_back(Builder().Add("v", 1).Finish());
  values.push_back(Builder().Add("v", 9007199254740992.0).Finish());
  values.push_back(Builder().Add("v", std::int64_t{9007199254740993}).Finish());
  values.push_back(Builder().Add("v", std::numeric_limits<std::int64_t>::max()).Finish());
  values.push_back(Builder().Add("v", 1e300).Finish());
  for (std::size_t i = 1; i < values.size(); ++i) {
    EXPECT_LT(CompareValues(Document(values[i - 1]).First(), Document(values[i]).First()), 0) << i;
  }
  const std::string narrow = Builder().Add("v", 3).Finish();
  const std::string wide = Builder().Add("v", std::int64_t{3}).Finish();
  const std::string real = Builder().Add("v", 3.0).Finish();
  EXPECT_EQ(CompareValues(Document(narrow).First(), Document(wide).First()), 0);
  EXPECT_EQ(CompareValues(Document(narrow).First(), Document(real).First()), 0);
}

TEST(OrderTest, ThreeTenthsAsDecimalIsNearTheDouble) {
  // 0.3 as Decimal128: coefficient 3, exponent -1.
  std::string decimal(16, '\0');
  decimal[0] = 3;
  const std::uint64_t high = static_cast<std::uint64_t>(6176 - 1) << 49;
  std::memcpy(decimal.data() + 8, &high, sizeof high);
  const std::string document = Builder().Raw(BsonType::kDecimal128, "v", decimal).Finish();
  EXPECT_NEAR(static_cast<double>(Document(document).First().AsLongDouble()), 0.3, 1e-17);
  EXPECT_EQ(One(Document(document).First()), document);
}

}  // namespace
}  // namespace dbstow::doubles::mongodb
