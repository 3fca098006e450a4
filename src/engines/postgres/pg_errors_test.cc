#include "engines/postgres/pg_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/postgres/pg_quote.h"
#include "engines/postgres/pg_tools.h"

namespace dbstow::postgres {
namespace {

using ::testing::HasSubstr;

struct StateCase {
  const char* sqlstate;
  ErrorCode code;
  Retry retry;
};

class ServerErrorTest : public ::testing::TestWithParam<StateCase> {};

TEST_P(ServerErrorTest, MapsTheState) {
  const StateCase& each = GetParam();
  const Error error = ServerError({each.sqlstate, "text of the server", "", ""});
  EXPECT_EQ(error.code(), each.code) << error.ToString();
  EXPECT_EQ(error.retry(), each.retry);
  EXPECT_EQ(error.native()->code, each.sqlstate);
  EXPECT_THAT(error.message(), HasSubstr("text of the server"));
}

INSTANTIATE_TEST_SUITE_P(
    States, ServerErrorTest,
    ::testing::Values(StateCase{"28P01", ErrorCode::kAuthenticationFailed, Retry::kNever},
                      StateCase{"28000", ErrorCode::kAuthenticationFailed, Retry::kNever},
                      StateCase{"3D000", ErrorCode::kNotFound, Retry::kNever},
                      StateCase{"42P01", ErrorCode::kNotFound, Retry::kNever},
                      StateCase{"42501", ErrorCode::kPermissionDenied, Retry::kNever},
                      StateCase{"42P04", ErrorCode::kAlreadyExists, Retry::kNever},
                      StateCase{"53100", ErrorCode::kOutOfSpace, Retry::kNever},
                      StateCase{"53300", ErrorCode::kUnavailable, Retry::kTransient},
                      StateCase{"55006", ErrorCode::kConflict, Retry::kTransient},
                      StateCase{"55P03", ErrorCode::kConflict, Retry::kTransient},
                      StateCase{"40001", ErrorCode::kConflict, Retry::kTransient},
                      StateCase{"40P01", ErrorCode::kConflict, Retry::kTransient},
                      StateCase{"57P01", ErrorCode::kUnavailable, Retry::kTransient},
                      StateCase{"57P03", ErrorCode::kUnavailable, Retry::kTransient},
                      StateCase{"57P04", ErrorCode::kNotFound, Retry::kNever},
                      StateCase{"08006", ErrorCode::kUnavailable, Retry::kTransient},
                      StateCase{"25006", ErrorCode::kUnsupportedCapability, Retry::kNever},
                      StateCase{"XX001", ErrorCode::kSourceDamaged, Retry::kNever},
                      StateCase{"42601", ErrorCode::kIoError, Retry::kNever}),
    [](const auto& each) { return std::string(each.param.sqlstate); });

// It can say whatever it likes; what has another reason is not tried without it.
TEST(ConnectionError, MayBeALoginTriggers) {
  for (const char* state : {"P0001", "42501", "22012", "25006", "23505"}) {
    EXPECT_TRUE(MayBeOfALoginTrigger(ServerError({state, "no", "", ""}))) << state;
  }
  for (const char* state : {"28P01", "28000", "3D000", "53300", "57P03", "08006", "40001", ""}) {
    EXPECT_FALSE(MayBeOfALoginTrigger(ServerError({state, "no", "", ""}))) << state;
  }
  EXPECT_FALSE(MayBeOfALoginTrigger(ConnectionError("timeout expired", "db")));
}

TEST(ConnectionError, ReadsTheStateFromVerboseText) {
  const Error error = ConnectionError(
      "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: password "
      "authentication failed for user \"bob\"\nLOCATION:  auth_failed, auth.c:338\n",
      "database 'shop' at db:5432");
  EXPECT_EQ(error.code(), ErrorCode::kAuthenticationFailed);
  EXPECT_EQ(error.message(),
            "connect to database 'shop' at db:5432: password authentication failed for user "
            "\"bob\"");
}

TEST(ConnectionError, TellsRefusedFromUnreachableFromUnknown) {
  EXPECT_THAT(ConnectionError("x failed: Connection refused\n\tIs the server", "p").message(),
              HasSubstr("nothing listens at p"));
  EXPECT_THAT(ConnectionError("could not translate host name \"x\" to address", "p").message(),
              HasSubstr("no address is known"));
  EXPECT_THAT(ConnectionError("timeout expired", "p").message(), HasSubstr("no answer from p"));
  EXPECT_EQ(ConnectionError("timeout expired", "p").retry(), Retry::kTransient);
  EXPECT_EQ(ConnectionError("fe_sendauth: no password supplied", "p").code(),
            ErrorCode::kAuthenticationFailed);
}

struct TlsCase {
  const char* name;
  const char* libpq;
  const char* message;
  const char* hint;
};

class TlsErrorTest : public ::testing::TestWithParam<TlsCase> {};

TEST_P(TlsErrorTest, NamesWhatIsWrongAndWhatToDo) {
  const Error error = ConnectionError(
      std::string("connection to server at \"db\" (::1), port 5432 failed: Connection refused\n"
                  "\tIs the server running on that host and accepting TCP/IP connections?\n"
                  "connection to server at \"db\" (10.0.0.7), port 5432 failed: ") +
          GetParam().libpq + "\n",
      "db:5432");
  EXPECT_EQ(error.code(), ErrorCode::kAuthenticationFailed) << error.ToString();
  EXPECT_EQ(error.retry(), Retry::kNever);
  EXPECT_THAT(error.message(), HasSubstr("no encrypted connection to db:5432: "));
  EXPECT_THAT(error.message(), HasSubstr(GetParam().message));
  EXPECT_THAT(error.hint(), HasSubstr(GetParam().hint));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, TlsErrorTest,
    ::testing::Values(
        TlsCase{"Untrusted", "SSL error: certificate verify failed", "is not trusted",
                "sslrootcert"},
        TlsCase{"OtherName",
                "server certificate for \"db.example\" (and 1 other name) does not match host name "
                "\"db\"",
                "certificate for \"db.example\" (and 1 other name) does not match host name \"db\"",
                "verify-ca"},
        TlsCase{"NoRoot", "root certificate file \"/no/root.crt\" does not exist",
                "\"/no/root.crt\" does not exist", "sslrootcert=/path"},
        TlsCase{"NoCertificate",
                "could not open certificate file \"/no/client.crt\": No such file or directory",
                "/no/client.crt", "sslcert"},
        TlsCase{"OpenKey",
                "private key file \"/k\" has group or world access; file must have permissions "
                "u=rw (0600) or less if owned by the current user",
                "\"/k\" has group or world access", "chmod 600"},
        TlsCase{"NoTls", "server does not support SSL, but SSL was required", "does not offer it",
                "ssl = on"},
        TlsCase{"NoBinding", "channel binding required, but SSL not in use", "SSL not in use",
                "channel_binding"},
        TlsCase{"Alert", "SSL error: tlsv1 alert unknown ca", "unknown ca", "sslcert"}),
    [](const auto& each) { return std::string(each.param.name); });

// The network, not the certificates.
TEST(ConnectionError, ABrokenHandshakeIsTransient) {
  for (const char* text :
       {"SSL SYSCALL error: Connection reset by peer", "SSL SYSCALL error: EOF detected",
        "SSL connection has been closed unexpectedly"}) {
    const Error error = ConnectionError(text, "p");
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable) << text;
    EXPECT_EQ(error.retry(), Retry::kTransient) << text;
  }
}

TEST(Quote, NamesAndLiterals) {
  EXPECT_EQ(QuoteIdentifier("Täble \"x\""), "\"Täble \"\"x\"\"\"");
  EXPECT_EQ(QuoteLiteral("it's"), "'it''s'");
  EXPECT_EQ(QuoteLiteral("a\\b"), "E'a\\\\b'");
  EXPECT_EQ(QuoteList({"a", "b c"}), "\"a\", \"b c\"");
}

TEST(CutName, NeverSplitsACharacter) {
  EXPECT_EQ(CutName("abcdef", 10), "abcdef");
  EXPECT_EQ(CutName("abcdef", 3), "abc");
  EXPECT_EQ(CutName("ééé", 3), "é");
  EXPECT_EQ(CutName("a😀b", 4), "a");
  EXPECT_EQ(CutName("a😀b", 5), "a😀");
}

TEST(Tools, ReadsTheMajorVersion) {
  EXPECT_EQ(MajorVersionOf("pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"), 15);
  EXPECT_EQ(MajorVersionOf("pg_dump (PostgreSQL) 18devel"), 18);
  EXPECT_EQ(MajorVersionOf("nonsense"), 0);
}

}  // namespace
}  // namespace dbstow::postgres
