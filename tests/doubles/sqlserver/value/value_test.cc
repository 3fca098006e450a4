#include <gtest/gtest.h>

#include "doubles/sqlserver/exec/like.h"
#include "doubles/sqlserver/model/lsn.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/date_time.h"
#include "doubles/sqlserver/value/decimal.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

TEST(Lsn, IsWhatTheServerPrints) {
  EXPECT_EQ((Lsn{17126658, 3142, 37}).ToDecimal(), "17126658000000314200037");
  EXPECT_EQ(Lsn::FromDecimal("17126658000000314200037"), (Lsn{17126658, 3142, 37}));
  EXPECT_EQ(Lsn::FromHex("0x00000022:000000b8:0001"), (Lsn{0x22, 0xb8, 1}));
  EXPECT_FALSE(Lsn::FromDecimal("x").has_value());
  EXPECT_LT((Lsn{9, 4000, 1}).ToKey(), (Lsn{10, 1, 1}).ToKey());
}

TEST(Decimal, SortableTextIsInNumericOrder) {
  const auto sortable = [](const char* text) {
    return Decimal::Parse(text)->Rescaled(38, 2)->ToSortable();
  };
  EXPECT_LT(sortable("-100"), sortable("-2.5"));
  EXPECT_LT(sortable("-2.5"), sortable("0"));
  EXPECT_LT(sortable("9.99"), sortable("10"));
  EXPECT_EQ(Decimal::FromSortable(sortable("-2.50"), 2).ToString(), "-2.50");
  EXPECT_EQ(Decimal::Parse("0.005")->Rescaled(5, 2)->ToString(), "0.01");
  EXPECT_FALSE(Decimal::Parse("1e5").has_value());
}

TEST(DateTime, KeepsTheGridOfTheWire) {
  EXPECT_EQ(FormatDateTime(*ParseDateTime("2026-11-26T11:40:20.123")), "2026-11-26 11:40:20.123");
  EXPECT_EQ(FormatDateTime(*ParseDateTime("20261126 1:40 PM")), "2026-11-26 13:40:00.000");
  EXPECT_FALSE(ParseDateTime("2026-02-30").has_value());
  for (int ms = 0; ms < 1000; ++ms) {
    const Milliseconds rounded = RoundToDateTime(*ParseDateTime("1999-12-31 23:59:59") + ms);
    EXPECT_EQ(RoundToDateTime(rounded), rounded);
    EXPECT_EQ(FromWire(ToWire(rounded)), rounded);
  }
}

TEST(Convert, RefusesAsTheServer) {
  const SqlType text = NVarChar(20);
  EXPECT_EQ(Convert(Text("x"), text, IntType()).error().number, 245);
  EXPECT_EQ(Convert(Int(300), IntType(), {TypeId::kTinyInt}).error().number, 8115);
  EXPECT_EQ(Convert(Text("x"), text, {TypeId::kDateTime}).error().number, 241);
  EXPECT_EQ(Convert(Text("x"), text, {TypeId::kUniqueIdentifier}).error().number, 8169);
  EXPECT_EQ(*Convert(Text(" 42 "), text, IntType()), Int(42));
}

TEST(Utf16, GoesThereAndBack) {
  const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  EXPECT_EQ(FromUtf16(ToUtf16(text)), text);
  EXPECT_EQ(Utf16Length(text), 5U);
  EXPECT_EQ(Utf16Prefix(text, 4), text.substr(0, 6));
  EXPECT_EQ(GuidFromWire(GuidToWire("6F9619FF-8B86-D011-B42D-00C04FC964FF")),
            "6F9619FF-8B86-D011-B42D-00C04FC964FF");
}

TEST(Like, KnowsClassesAndEscapes) {
  EXPECT_TRUE(Like("Backup_1", "back%", ""));
  EXPECT_TRUE(Like("b7", "[a-c][^x]", ""));
  EXPECT_FALSE(Like("d7", "[a-c]%", ""));
  EXPECT_TRUE(Like("100%", "%!%", "!"));
  EXPECT_FALSE(Like("100", "%!%", "!"));
  EXPECT_FALSE(Like(std::string(2000, 'a'), "%a%a%a%a%a%b", ""));
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
