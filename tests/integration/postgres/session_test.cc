#include "engines/postgres/pg_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "engines/postgres/pg_connection.h"
#include "integration/postgres/postgres_fixture.h"

namespace dbstow::postgres {
namespace {

using ::testing::HasSubstr;

class SessionTest : public PostgresTest {};

TEST_F(SessionTest, QueriesWithParameters) {
  auto session = Open("postgres");
  const auto rows = session->Query("SELECT $1::text, NULL::text, 41 + $2::int", {"it's", "1"});
  ASSERT_TRUE(rows) << rows.error().ToString();
  EXPECT_EQ(rows->Text(0, 0), "it's");
  EXPECT_TRUE(rows->IsNull(0, 1));
  EXPECT_EQ(rows->Integer(0, 2), 42);
}

TEST_F(SessionTest, CarriesTheTraceIdAsApplicationName) {
  auto session = Open("postgres");
  const auto rows = session->Query("SELECT current_setting('application_name')");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->String(0, 0), "dbstow " + world_.context.trace.hex());
}

TEST_F(SessionTest, AnErrorLeavesItUsable) {
  auto session = Open("postgres");
  const auto failed = session->Run("SELECT 1; SELECT no_such_column");
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), HasSubstr("no_such_column"));
  EXPECT_TRUE(session->Run("SELECT 1"));
}

TEST_F(SessionTest, CopiesOutAndIn) {
  auto session = Open("postgres");
  ASSERT_TRUE(session->Run("CREATE TEMP TABLE t (i int, s text)"));
  std::string data;
  for (int i = 0; i < 100'000; ++i)
    data += std::to_string(i) + "\tvalue " + std::to_string(i) + "\n";
  std::size_t sent = 0;
  const auto in = session->CopyIn("COPY t FROM STDIN", [&]() -> Result<ByteView> {
    const std::size_t count = std::min<std::size_t>(100'000, data.size() - sent);
    const ByteView piece = AsBytes(std::string_view(data).substr(sent, count));
    sent += count;
    return piece;
  });
  ASSERT_TRUE(in) << in.error().ToString();
  EXPECT_EQ(*in, 100'000u);
  std::string back;
  const auto out = session->CopyOut("COPY t TO STDOUT", [&](ByteView row) -> Result<void> {
    back += AsText(row);
    return {};
  });
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, 100'000u);
  EXPECT_EQ(back, data);
}

TEST_F(SessionTest, ARefusedCopyInStopsEarlyAndLeavesTheSessionUsable) {
  auto session = Open("postgres");
  ASSERT_TRUE(session->Run("CREATE TEMP TABLE t (i int)"));
  const std::string bad = "not a number\n";
  std::uint64_t sent = 0;
  const auto in = session->CopyIn("COPY t FROM STDIN", [&]() -> Result<ByteView> {
    sent += bad.size();
    // Endless: only an early end of the copy ends this test.
    return AsBytes(bad);
  });
  ASSERT_FALSE(in);
  EXPECT_THAT(in.error().message(), HasSubstr("invalid input syntax"));
  EXPECT_TRUE(session->Run("SELECT 1"));
}

TEST_F(SessionTest, AFailingSourceUndoesTheCopy) {
  auto session = Open("postgres");
  ASSERT_TRUE(session->Run("CREATE TEMP TABLE t (i int)"));
  bool first = true;
  const auto in = session->CopyIn("COPY t FROM STDIN", [&]() -> Result<ByteView> {
    if (!std::exchange(first, false)) return Error(ErrorCode::kCorrupt, "pack damaged");
    return AsBytes("1\n");
  });
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().code(), ErrorCode::kCorrupt);
  const auto rows = session->Query("SELECT count(*) FROM t");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->Integer(0, 0), 0);
}

TEST_F(SessionTest, StopCancelsOnTheServer) {
  auto session = Open("postgres");
  const int pid = session->backend_pid();
  std::jthread stopper([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop_.request_stop();
  });
  const auto slept = session->Run("SELECT pg_sleep(1000)");
  ASSERT_FALSE(slept);
  EXPECT_EQ(slept.error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(session->broken());
  EventuallyEquals("0", "SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(pid));
}

TEST_F(SessionTest, TheDeadlineEndsAStatement) {
  test::TestContext world;  // its time stands still, however long connecting takes
  world.secrets.by_key = world_.secrets.by_key;
  world.context.deadline = Deadline::After(world.clock, std::chrono::milliseconds(200));
  auto session = PgSession::Open(Connection("postgres"), world.context);
  ASSERT_TRUE(session) << session.error().ToString();
  std::jthread late([&] {
    EventuallyEquals("1",
                     "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'");
    world.clock.Advance(std::chrono::seconds(1));
  });
  const auto slept = (*session)->Run("SELECT pg_sleep(1000)");
  ASSERT_FALSE(slept);
  EXPECT_EQ(slept.error().code(), ErrorCode::kTimeout);
}

TEST_F(SessionTest, ATerminatedBackendIsUnavailableAndTransient) {
  auto session = Open("postgres");
  ASSERT_TRUE(server_->Query(
      "postgres", "SELECT pg_terminate_backend(" + std::to_string(session->backend_pid()) + ")"));
  const auto failed = session->Run("SELECT 1");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kUnavailable) << failed.error().ToString();
  EXPECT_EQ(failed.error().retry(), Retry::kTransient);
  EXPECT_TRUE(session->broken());
  EXPECT_FALSE(session->Run("SELECT 1"));
}

TEST_F(SessionTest, ALostCommitIsOutcomeUnknown) {
  auto session = Open("postgres");
  ASSERT_TRUE(session->Run("BEGIN"));
  ASSERT_TRUE(server_->Query(
      "postgres", "SELECT pg_terminate_backend(" + std::to_string(session->backend_pid()) + ")"));
  const auto failed = session->Commit();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().retry(), Retry::kOutcomeUnknown);
}

TEST_F(SessionTest, WrongPasswordUnknownDatabaseAndUnreachableHostDiffer) {
  ConnectionInfo connection = Connection("postgres");
  world_.secrets.by_key["wrong"] = "not the password";
  connection.credentials.secret_ref = {"fake", "wrong"};
  const auto wrong = PgSession::Open(connection, world_.context);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), ErrorCode::kAuthenticationFailed) << wrong.error().ToString();
  EXPECT_THAT(wrong.error().ToString(), Not(HasSubstr("not the password")));

  const auto unknown = PgSession::Open(Connection("no such database"), world_.context);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::kNotFound) << unknown.error().ToString();

  connection = Connection("postgres");
  connection.port = 1;
  const auto refused = PgSession::Open(connection, world_.context);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("nothing listens"));

  connection.host = "no-such-host.invalid";
  const auto nameless = PgSession::Open(connection, world_.context);
  ASSERT_FALSE(nameless);
  EXPECT_THAT(nameless.error().message(), HasSubstr("no address is known"));
}

TEST_F(SessionTest, ConnectsByTheSocketFolder) {
  ConnectionInfo connection = Connection("postgres");
  connection.host = server_->socket_folder();
  EXPECT_TRUE(PgSession::Open(connection, world_.context));
}

}  // namespace
}  // namespace dbstow::postgres
