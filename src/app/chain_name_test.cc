#include "app/chain_name.h"

#include <gtest/gtest.h>

#include <set>

namespace dbstow::app {
namespace {

std::string NameOf(std::string_view uri, std::uint16_t default_port = 0) {
  const auto parsed = InstanceUri::Parse(uri);
  EXPECT_TRUE(parsed) << parsed.error().ToString();
  return ChainNameFor(*parsed, default_port);
}

TEST(ChainNameTest, IsReadable) {
  EXPECT_EQ(NameOf("postgres://localhost/shop", 5432), "postgres-localhost-5432-shop");
  EXPECT_EQ(NameOf("postgres://db-1.example.com:6000/my-shop", 5432),
            "postgres-db-1.example.com-6000-my-shop");
  EXPECT_EQ(NameOf("postgres:///shop", 5432), "postgres-local-5432-shop");
  EXPECT_EQ(NameOf("sqlite:///srv/app.db"), "sqlite-srv-app.db");
}

TEST(ChainNameTest, DependsOnThePlaceAlone) {
  const std::string name = NameOf("postgres://localhost:5432/shop", 5432);
  EXPECT_EQ(NameOf("postgres://me@localhost/shop?secret=env:X&sslmode=require", 5432), name);
  EXPECT_NE(NameOf("postgres://localhost:5433/shop", 5432), name);
}

TEST(ChainNameTest, AFileHasOneNameHoweverItsPathIsSpelt) {
  for (const char* uri :
       {"sqlite:////srv/app.db", "sqlite:///srv//app.db", "sqlite:///srv/./app.db",
        "sqlite:///srv/x/../app.db", "sqlite:///../srv/app.db"}) {
    EXPECT_EQ(NameOf(uri), "sqlite-srv-app.db") << uri;
  }
  EXPECT_NE(NameOf("postgres://h/a%2F..%2Fb", 5432), NameOf("postgres://h/b", 5432))
      << "the name of a database on a server is no path";
}

// Each pair would read the same without its hash.
TEST(ChainNameTest, DifferentPlacesHaveDifferentNames) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"sqlite:///srv/a-b", "sqlite:///srv/a/b"},
      {"sqlite:///srv/a%20b", "sqlite:///srv/a_b"},
      {"sqlite:///srv/a%20b", "sqlite:///srv/a%21b"},
      {"postgres://a:1/2-3", "postgres://a-1:2/3"},
      {"postgres://h/%C3%A4", "postgres://h/%C3%B6"},
      {"sqlite:///" + std::string(300, 'x') + "a", "sqlite:///" + std::string(300, 'x') + "b"},
  };
  for (const auto& [one, other] : pairs) {
    EXPECT_NE(NameOf(one, 0), NameOf(other, 0)) << one << " " << other;
    EXPECT_TRUE(CheckInstanceName(NameOf(one, 0))) << NameOf(one, 0);
  }
}

TEST(InstanceNameTest, CannotBeAPathOrAnOption) {
  for (const char* wrong : {"", "-x", ".x", "a/b", "a b", "ä", "a:b"}) {
    EXPECT_FALSE(CheckInstanceName(wrong)) << wrong;
  }
  EXPECT_TRUE(CheckInstanceName("core_dw.2"));
}

}  // namespace
}  // namespace dbstow::app
