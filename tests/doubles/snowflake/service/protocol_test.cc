// Faults at the points of the wire, and what clients do then; the SQL API's own ways.
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>

#include "doubles/snowflake/auth/jwt.h"
#include "doubles/snowflake/stage/client_encryption.h"
#include "doubles/snowflake/stage/gzip.h"
#include "doubles/snowflake/testing/test_server.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr const char* kStatements = "/api/v2/statements";

class Faulty : public TestServer {
 protected:
  void SetUp() override {
    TestServer::SetUp();
    connection_ = Dial();
    ASSERT_NE(connection_, nullptr);
    token_ = LogIn(*connection_);
    ASSERT_FALSE(token_.empty());
    ASSERT_EQ(Query(*connection_, token_, "create database d")["success"], true);
  }
  void Fault(const char* name, int milliseconds = 0) {
    Control({{"command", "fault"}, {"name", name}, {"times", 1}, {"milliseconds", milliseconds}});
  }
  [[nodiscard]] std::string Authorization() const {
    return "Authorization: Snowflake Token=\"" + token_ + "\"\r\n";
  }
  Tree Get(const std::string& path) {
    return BodyOf(Exchange(*connection_, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" +
                                             Authorization() + "Content-Length: 0\r\n\r\n"));
  }
  /// On a new connection, as a client does after one has ended.
  Tree Again(const std::string& sql, const std::string& more) {
    const auto connection = Dial();
    return connection == nullptr ? Tree() : Query(*connection, token_, sql, more);
  }

  std::unique_ptr<Connection> connection_;
  std::string token_;
};

TEST_F(Faulty, ARequestThatIsDroppedBeforeIsNotCarriedOut) {
  Fault("drop_before");
  const std::string sql = "create table before_it (a int)";
  EXPECT_TRUE(Query(*connection_, token_, sql).is_null());
  EXPECT_EQ(Runs(sql), 0U);
  EXPECT_EQ(Again(sql, "&retryCount=1")["success"], true);
  EXPECT_EQ(Runs(sql), 1U);
}

TEST_F(Faulty, ARequestWhoseReplyIsDroppedIsCarriedOutOnceWhenItIsRetried) {
  Fault("drop_after");
  const std::string sql = "create table after_it (a int)";
  EXPECT_TRUE(Query(*connection_, token_, sql).is_null());
  EXPECT_EQ(Runs(sql), 1U);
  const Tree again = Again(sql, "&retryCount=1&clientStartTime=1");
  EXPECT_EQ(again["success"], true) << again;
  EXPECT_EQ(Runs(sql), 1U);
  // The same id without a word of retrying is a new request: the vendor's weakness.
  EXPECT_EQ(Again(sql, "")["code"], "002002");
}

TEST_F(Faulty, AChunkMayBeCutShort) {
  Control({{"command", "options"}, {"rows_in_reply", 1}, {"rows_in_chunk", 100}});
  const Tree data =
      Query(*connection_, token_, "select seq4() from table(generator(rowcount => 50))")["data"];
  const std::string url = data["chunks"][0]["url"];
  const std::string request =
      "GET " + url.substr(url.find("/results")) + " HTTP/1.1\r\nHost: localhost\r\n" +
      "x-amz-server-side-encryption-customer-key: " + data["queryId"].get<std::string>() +
      "\r\nContent-Length: 0\r\n\r\n";
  Fault("truncate_chunk");
  const std::string cut = Exchange(*connection_, request);
  EXPECT_EQ(StatusOf(cut), 200);
  connection_ = Dial();
  ASSERT_NE(connection_, nullptr);
  const std::string answer = Exchange(*connection_, request);
  EXPECT_GT(answer.size(), cut.size());
  const auto whole = ParseResponse(answer);
  ASSERT_TRUE(whole);
  const auto rows = Gunzip(whole->body, 1 << 20);
  ASSERT_TRUE(rows);
  EXPECT_EQ(Tree::parse("[" + *rows + "]").size(), 49U);
}

TEST_F(Faulty, ASlowStatementIsPolledForUntilItEnds) {
  Control({{"command", "options"}, {"poll_milliseconds", 20}});
  Fault("slow_statement", 600000);
  const Tree first = Query(*connection_, token_, "create table slow (a int)");
  EXPECT_EQ(first["code"], "333333");
  EXPECT_EQ(first["success"], true);
  const std::string url = first["data"]["getResultUrl"];
  EXPECT_EQ(Get(url)["code"], "333333");
  Control({{"command", "options"}, {"poll_milliseconds", 30000}});
  const std::string abort =
      "/queries/" + first["data"]["queryId"].get<std::string>() + "/abort-request";
  EXPECT_EQ(BodyOf(Exchange(*connection_, Post(abort, "{}", Authorization())))["success"], true);
  EXPECT_EQ(Get(url)["code"], "000604");
  EXPECT_EQ(Query(*connection_, token_, "create table slow (a int)")["success"], true);
}

TEST_F(Faulty, AHeartbeatKeepsTheSession) {
  const auto beat = [&] {
    return BodyOf(Exchange(*connection_, Post("/session/heartbeat", "{}", Authorization())));
  };
  const Tree freeze = {{"command", "clock"}, {"freeze", true}};
  Control(freeze);
  for (int i = 0; i < 3; ++i) {
    Control({{"command", "clock"}, {"advance", 3000}});
    EXPECT_EQ(beat()["success"], true);
  }
  EXPECT_EQ(Query(*connection_, token_, "select 1")["success"], true);
  Control({{"command", "clock"}, {"advance", 3700}});
  EXPECT_EQ(Query(*connection_, token_, "select 2")["code"], "390112");
}

TEST_F(Faulty, AStatementIsCanceledByItsId) {
  Control({{"command", "options"}, {"poll_milliseconds", 20}});
  const Tree running = Query(*connection_, token_, "select system$wait(600)");
  ASSERT_EQ(running["code"], "333333");
  const std::string id = running["data"]["queryId"];
  Control({{"command", "options"}, {"poll_milliseconds", 30000}});
  const Tree canceled = Query(*connection_, token_, "select system$cancel_query('" + id + "')");
  EXPECT_EQ(canceled["success"], true) << canceled;
  EXPECT_EQ(Get("/queries/" + id + "/result")["code"], "000604");
  EXPECT_EQ(Query(*connection_, token_, "select system$cancel_query('nothing')")["success"], false);
}

/// A key pair, and tokens signed with it.
class Keys {
 public:
  Keys() : key_(EVP_RSA_gen(2048)) {}
  ~Keys() { EVP_PKEY_free(key_); }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  [[nodiscard]] std::string PublicKey() const {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_, &der);
    std::string text = Base64(std::string(reinterpret_cast<char*>(der), size));
    OPENSSL_free(der);
    return text;
  }
  /// `scale`: 1 for seconds, 1000 for milliseconds.
  [[nodiscard]] std::string Token(const std::string& subject, std::int64_t scale) const {
    const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count();
    const Tree claims = {{"iss", subject + "." + *Fingerprint(PublicKey())},
                         {"sub", subject},
                         {"iat", now * scale},
                         {"exp", (now + 600) * scale}};
    const std::string text = Base64(R"({"alg":"RS256"})") + "." + Base64(claims.dump());
    return text + "." + Base64(Sign(text));
  }

 private:
  [[nodiscard]] std::string Sign(const std::string& text) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    std::string signature(512, '\0');
    std::size_t size = signature.size();
    const bool good =
        EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_) == 1 &&
        EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
    EVP_MD_CTX_free(context);
    signature.resize(good ? size : 0);
    return signature;
  }

  EVP_PKEY* key_;
};

class SqlApiServer : public Faulty {
 protected:
  void SetUp() override {
    Faulty::SetUp();
    Control({{"command", "token"}, {"kind", "pat"}, {"token", "t"}, {"user", "ADMIN"}});
  }
  static Tree Statement(const std::string& sql) {
    return {{"statement", sql}, {"warehouse", "COMPUTE_WH"}};
  }
};

TEST_F(SqlApiServer, AKeyPairsTokenIsTakenInBothUnitsAndToldWhich) {
  const Keys keys;
  const Keys others;
  ASSERT_EQ(Query(*connection_, token_,
                  "create user k rsa_public_key = '" + keys.PublicKey() + "'")["success"],
            true);
  for (const std::int64_t scale : {std::int64_t{1}, std::int64_t{1000}}) {
    const std::string answer = Api("POST", kStatements, {{"statement", "select current_user()"}},
                                   keys.Token("A.K", scale));
    EXPECT_EQ(StatusOf(answer), 200);
    EXPECT_EQ(BodyOf(answer)["data"], Tree::parse(R"([["K"]])"));
  }
  const std::string forged =
      Api("POST", kStatements, {{"statement", "select 1"}}, others.Token("A.K", 1));
  EXPECT_EQ(StatusOf(forged), 401);
  EXPECT_EQ(BodyOf(forged)["code"], "390144");
  EXPECT_EQ(Control({{"command", "journal"}})["key_pair_logins"],
            Tree::parse(R"([{"subject": "A.K", "times": "seconds"},
                            {"subject": "A.K", "times": "milliseconds"}])"));
}

TEST_F(SqlApiServer, AStatementThatTakesTooLongIs408) {
  Tree body = Statement("select system$wait(600)");
  body["timeout"] = 1;
  const std::string answer = Api("POST", kStatements, body, "t");
  EXPECT_EQ(StatusOf(answer), 408);
  EXPECT_EQ(BodyOf(answer)["code"], "000630");
}

TEST_F(SqlApiServer, ARequestThatIsRetriedIsAnsweredOnce) {
  const std::string path = std::string(kStatements) + "?requestId=11111111-1";
  const Tree body = Statement("create table d.public.once (a int)");
  Fault("drop_after");
  EXPECT_EQ(Api("POST", path, body, "t"), "");
  const std::string again = Api("POST", path + "&retry=true", body, "t");
  EXPECT_EQ(StatusOf(again), 200);
  EXPECT_EQ(Runs(body["statement"]), 1U);
  EXPECT_EQ(BodyOf(Api("POST", path, body, "t"))["code"], "002002");
}

TEST_F(SqlApiServer, SeveralStatementsHaveAHandleEach) {
  Tree body = Statement(
      "create table d.public.m (a int); insert into d.public.m values (7); "
      "select a from d.public.m");
  body["parameters"]["MULTI_STATEMENT_COUNT"] = "2";
  EXPECT_EQ(BodyOf(Api("POST", kStatements, body, "t"))["code"], "000008");
  body["parameters"]["MULTI_STATEMENT_COUNT"] = "3";
  const Tree answer = BodyOf(Api("POST", kStatements, body, "t"));
  ASSERT_EQ(answer["statementHandles"].size(), 3U) << answer;
  const std::string last = answer["statementHandles"][2];
  const Tree rows = BodyOf(Api("GET", std::string(kStatements) + "/" + last, nullptr, "t"));
  EXPECT_EQ(rows["data"], Tree::parse(R"([["7"]])"));
}

}  // namespace
}  // namespace dbstow::doubles::snowflake
