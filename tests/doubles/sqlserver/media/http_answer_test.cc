#include "doubles/sqlserver/media/http_answer.h"

#include <gtest/gtest.h>

namespace dbstow::doubles::sqlserver {
namespace {

TEST(HttpAnswerTest, IsReadByItsLength) {
  const Result<HttpResponse> answer = ParseHttpAnswer(
      "HTTP/1.1 206 Partial\r\nContent-Length: 2\r\nETag:  \"x\" \r\n\r\nabc", false);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 206);
  EXPECT_EQ(answer->headers.at("etag"), "\"x\"");
  EXPECT_EQ(answer->body, "ab");
}

TEST(HttpAnswerTest, IsReadByChunks) {
  const std::string head = "HTTP/1.1 412 Leased\r\nTransfer-Encoding: chunked\r\n\r\n";
  const Result<HttpResponse> answer =
      ParseHttpAnswer(head + "3\r\n<a>\r\nA;name=1\r\n0123456789\r\n0\r\n\r\n", false);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 412);
  EXPECT_EQ(answer->body, "<a>0123456789");
  for (const char* broken : {"", "3\r\n<a", "x\r\n", "ffffffffffffffff\r\nab\r\n", "3"}) {
    EXPECT_FALSE(ParseHttpAnswer(head + broken, false)) << broken;
  }
}

TEST(HttpAnswerTest, HasNoBodyAfterHead) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n";
  EXPECT_TRUE(ParseHttpAnswer(head, true));
  EXPECT_FALSE(ParseHttpAnswer(head, false)) << "cut";
}

TEST(HttpAnswerTest, RefusesWhatIsNone) {
  for (const char* junk : {"", "HTTP/1.\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "SSH-2.0\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"}) {
    EXPECT_FALSE(ParseHttpAnswer(junk, false)) << junk;
  }
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
