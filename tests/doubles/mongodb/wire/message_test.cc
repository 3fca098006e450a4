#include "doubles/mongodb/wire/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/wire/crc32c.h"

namespace dbstow::doubles::mongodb {
namespace {

template <class T>
void Append(T value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string Header(std::size_t body, std::int32_t op_code) {
  std::string header;
  Append(static_cast<std::int32_t>(16 + body), header);
  Append(std::int32_t{5}, header);
  Append(std::int32_t{0}, header);
  Append(op_code, header);
  return header;
}

Result<Request> Parse(const std::string& body, std::int32_t op_code = 2013) {
  const std::string header_bytes = Header(body.size(), op_code);
  const auto header = ParseHeader(header_bytes);
  if (!header) return header.error();
  return ParseRequest(*header, body, header_bytes);
}

std::string Body(std::uint32_t flags) {
  std::string body;
  Append(flags, body);
  body.push_back('\0');
  return body + Builder().Add("insert", "c").Add("$db", "d").Finish();
}

TEST(MessageTest, SequencesBecomeArraysOfTheCommand) {
  std::string body = Body(0);
  const std::string one = Builder().Add("_id", 1).Finish();
  body.push_back('\1');
  Append(static_cast<std::int32_t>(4 + 10 + 2 * one.size()), body);
  body += std::string("documents\0", 10) + one + one;
  const auto request = Parse(body);
  ASSERT_TRUE(request) << request.error().ToString();
  EXPECT_EQ(Document(request->command)["documents"].AsDocument().Count(), 2U);
  EXPECT_EQ(request->request_id, 5);
}

TEST(MessageTest, TheChecksumIsChecked) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283U);
  std::string body = Body(1);
  const std::string header = Header(body.size() + 4, 2013);
  Append(Crc32c(body, Crc32c(header)), body);
  EXPECT_TRUE(Parse(body));
  body.back() = static_cast<char>(body.back() ^ 1);
  EXPECT_FALSE(Parse(body));
}

TEST(MessageTest, UnknownRequiredFlagsSectionsAndOpcodesAreRefused) {
  EXPECT_FALSE(Parse(Body(1U << 5)));
  EXPECT_TRUE(Parse(Body(1U << 16)));  // optional: exhaust allowed
  std::string body = Body(0);
  body.push_back('\7');
  EXPECT_FALSE(Parse(body));
  EXPECT_FALSE(Parse(Body(0), 2012));
  EXPECT_FALSE(Parse(Body(0), 2001));
}

TEST(MessageTest, OpQueryCarriesTheFirstHello) {
  std::string body;
  Append(std::int32_t{0}, body);
  body += std::string("admin.$cmd\0", 11);
  Append(std::int64_t{-1} << 32, body);
  body += Builder().Add("isMaster", 1).Finish();
  const auto request = Parse(body, 2004);
  ASSERT_TRUE(request) << request.error().ToString();
  EXPECT_EQ(Document(request->command)["$db"].AsString(), "admin");
  const std::string reply = FrameReply(*request, 9, Builder().Finish());
  EXPECT_EQ(LoadLittle<std::int32_t>(reply.data() + 12), 1);
}

TEST(MessageTest, LengthsOutsideTheLimitsEndTheConnection) {
  std::string header = Header(0, 2013);
  header[0] = 3;
  EXPECT_FALSE(ParseHeader(header));
  EXPECT_FALSE(ParseHeader(Header(kMaxMessageBytes, 2013)));
}

}  // namespace
}  // namespace dbstow::doubles::mongodb
