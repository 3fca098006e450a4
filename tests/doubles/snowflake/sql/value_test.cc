#include "doubles/snowflake/sql/value.h"

#include <gtest/gtest.h>

namespace dbstow::doubles::snowflake {
namespace {

std::string Through(const DataType& type, const std::string& text) {
  const auto value = Cast(Value(text), type);
  if (!value) return "error " + value.error().native()->code;
  const auto wire = ToWire(*value);
  const auto back = FromWire(type, wire);
  if (!back) return "does not come back";
  EXPECT_EQ(ToWire(*back), wire);
  return wire.value_or("NULL");
}

TEST(Value, WireFormOfEachTypeComesBack) {
  EXPECT_EQ(Through({TypeKind::kNumber, 38, 2}, "-1.255"), "-1.26");
  EXPECT_EQ(Through({TypeKind::kNumber, 38, 0}, "99999999999999999999999999999999999999"),
            "99999999999999999999999999999999999999");
  EXPECT_EQ(Through({TypeKind::kReal}, "0.1"), "0.1");
  EXPECT_EQ(Through({TypeKind::kBoolean}, "yes"), "1");
  EXPECT_EQ(Through({TypeKind::kDate}, "1969-12-31"), "-1");
  EXPECT_EQ(Through({TypeKind::kTimestampNtz}, "2026-01-01T00:00:00.123456789"),
            "1767225600.123456789");
  EXPECT_EQ(Through({TypeKind::kTimestampNtz}, "1969-12-31 23:59:59.5"), "-0.500000000");
  EXPECT_EQ(Through({TypeKind::kTimestampNtz}, "1969-12-31 23:59:58.5"), "-1.500000000");
  EXPECT_EQ(Through({TypeKind::kTimestampTz}, "2026-01-01 02:00:00 +02:00"),
            "1767225600.000000000 1560");
  EXPECT_EQ(Through({TypeKind::kTimestampLtz}, "1767225600123"), "1767225600.123000000");
  EXPECT_EQ(Through({TypeKind::kBinary}, "00ff"), "00FF");
}

TEST(Value, WhatDoesNotFitIsRefusedWithTheVendorsNumber) {
  EXPECT_EQ(Through({TypeKind::kNumber, 3, 0}, "1000"), "error 100039");
  EXPECT_EQ(Through({TypeKind::kNumber}, "1x"), "error 100038");
  EXPECT_EQ(Through({TypeKind::kNumber}, "123456789012345678901234567890123456789"),
            "error 100039");
  EXPECT_EQ(Through({TypeKind::kText, 38, 0, 2}, "äöü"), "error 100078");
  EXPECT_EQ(Through({TypeKind::kText, 38, 0, 3}, "äöü"), "äöü");
  EXPECT_EQ(Through({TypeKind::kDate}, "2026-02-30"), "error 100040");
  EXPECT_EQ(Through({TypeKind::kTimestampNtz}, "yesterday"), "error 100035");
  EXPECT_EQ(Through({TypeKind::kBoolean}, "maybe"), "error 100037");
  EXPECT_EQ(Through({TypeKind::kBinary}, "0"), "error 100115");
}

TEST(Value, ComparesAcrossTypes) {
  EXPECT_EQ(Compare(Integer(2), Value(std::string("10"))).value(), -1);
  EXPECT_EQ(Compare(Value(std::string("2")), Value(std::string("10"))).value(), 1);
  EXPECT_EQ(Compare(Value(Decimal{10, 1}), Integer(1)).value(), 0);
  EXPECT_FALSE(Compare(Integer(2), Value(std::string("x"))));
}

}  // namespace
}  // namespace dbstow::doubles::snowflake
