#include "engines/postgres/pg_canonical_sql.h"

#include <gtest/gtest.h>

namespace dbstow::postgres {
namespace {

TEST(CanonicalSql, ACastMayMove) {
  EXPECT_EQ(CanonicalSql("((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character "
                         "varying])::text[]))"),
            CanonicalSql("((v)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character "
                         "varying)::text]))"));
}

TEST(CanonicalSql, BracketsSayWhatBelongsTogether) {
  EXPECT_NE(CanonicalSql("((a OR b) AND c)"), CanonicalSql("(a OR (b AND c))"));
  EXPECT_NE(CanonicalSql("((a + 1) * 2)"), CanonicalSql("(a + (1 * 2))"));
  EXPECT_NE(CanonicalSql("(NOT (a OR b))"), CanonicalSql("((NOT a) OR b)"));
  EXPECT_NE(CanonicalSql("f(a, b)"), CanonicalSql("f(a), b"));
  EXPECT_NE(CanonicalSql("(x)[1]"), CanonicalSql("(x), 1"));
}

TEST(CanonicalSql, BracketsOfACastGoWithIt) {
  EXPECT_EQ(CanonicalSql("((a.b)::text = 'x'::text)"), CanonicalSql("(a.b = 'x')"));
  EXPECT_EQ(CanonicalSql("(((a || b))::text = c)"), CanonicalSql("((a || b) = c)"));
  EXPECT_EQ(CanonicalSql("((f(a, b))::text || (x[1])::text)"), CanonicalSql("(f(a, b) || x[1])"));
  EXPECT_EQ(CanonicalSql("((( SELECT 1))::text || a)"), CanonicalSql("(( SELECT 1) || a)"));
}

TEST(CanonicalSql, BracketsThatDoNotMatchAreCopied) {
  EXPECT_EQ(CanonicalSql("a) b ] c"), "a ) b ] c");
  EXPECT_EQ(CanonicalSql("(a + (b"), "( a + b )");
  EXPECT_EQ(CanonicalSql("x[1"), "x [ 1 ]");
}

TEST(CanonicalSql, EveryKindOfTypeIsSkippedWhole) {
  for (const char* type :
       {"integer", "character varying(10)", "numeric(14,4)", "double precision", "bit varying(3)",
        "timestamp(3) with time zone", "time without time zone", "interval day to second(3)",
        "\"Odd \"\"Schema\"\" é\".\"Enum é\"[]", "shop.address", "\"char\"", "numeric(3,-2)"}) {
    EXPECT_EQ(CanonicalSql(std::string("(x)::") + type + " = 1"), "x = 1") << type;
  }
}

TEST(CanonicalSql, WhatIsMeantStays) {
  const char* kQuery = "SELECT a.b FROM t a WHERE a.b > 1";
  EXPECT_EQ(CanonicalSql(kQuery), "SELECT a . b FROM t a WHERE a . b > 1");
  EXPECT_NE(CanonicalSql(kQuery), CanonicalSql("SELECT a.b FROM t a WHERE a.b > 2"));
  EXPECT_NE(CanonicalSql(kQuery), CanonicalSql("SELECT a.b FROM t a WHERE 1 > a.b"));
  EXPECT_NE(CanonicalSql("a"), CanonicalSql("\"a b\""));
}

TEST(CanonicalSql, WhatStandsInQuotesIsNotLookedInto) {
  EXPECT_EQ(CanonicalSql("'it''s ::text (a  b)'::text"), "'it''s ::text (a  b)'");
  EXPECT_EQ(CanonicalSql("\"a\"\"::b\" || ''"), "\"a\"\"::b\" | | ''");
  EXPECT_EQ(CanonicalSql("'never closed"), "'never closed");
  EXPECT_EQ(CanonicalSql("x::"), "x");
}

// `day` is only part of a type's name behind a blank.
TEST(CanonicalSql, AWordBehindATypeIsNotTaken) {
  EXPECT_EQ(CanonicalSql("x::date daytime"), "x daytime");
}

}  // namespace
}  // namespace dbstow::postgres
