#include "doubles/snowflake/testing/test_server.h"

#include <array>

namespace dbstow::doubles::snowflake {

void TestServer::SetUp() {
  std::string name = (std::filesystem::temp_directory_path() / "snowflake-XXXXXX").string();
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  folder_ = name;
  auto certificate = ServerCertificate::Open(name + "/certificate.pem");
  ASSERT_TRUE(certificate);
  certificate_.emplace(std::move(*certificate));
  Start();
  ASSERT_TRUE(control_.Start(0));
}

void TestServer::TearDown() {
  control_.Stop();
  if (server_) server_->Stop();
  server_.reset();
  std::filesystem::remove_all(folder_);
}

void TestServer::Start() {
  auto made =
      SnowflakeDouble::Create(DoubleSetup{folder_.string(), {}, *certificate_, control_, delay_});
  ASSERT_TRUE(made) << made.error().ToString();
  server_ = std::move(*made);
  const auto port = server_->Start(0);
  ASSERT_TRUE(port);
  port_ = *port;
}

void TestServer::Restart() {
  server_->Stop();
  server_.reset();
  Start();
}

std::unique_ptr<Connection> TestServer::Dial() {
  auto connection = Connection::Dial("127.0.0.1", port_, {}, In(kPatience));
  if (!connection) return nullptr;
  const auto tls =
      (*connection)->StartTlsAsClient(certificate_->pem_file(), "localhost", {}, In(kPatience));
  return tls ? std::move(*connection) : nullptr;
}

Tree TestServer::Control(const Tree& request) {
  auto connection = Connection::Dial("127.0.0.1", control_.port(), {}, In(kPatience));
  EXPECT_TRUE(connection);
  const std::string line = request.dump() + "\n";
  if (!connection || !(*connection)->WriteAll(AsBytes(line), In(kPatience))) return {};
  std::string answer;
  std::array<std::byte, 4096> part{};
  while (answer.find('\n') == std::string::npos) {
    const auto read = (*connection)->Read(part, In(kPatience));
    if (!read || *read == 0) break;
    answer.append(AsText(ByteView(part).first(*read)));
  }
  Tree tree = Tree::parse(answer, nullptr, false);
  EXPECT_TRUE(tree.is_object() && !tree.contains("error")) << answer;
  return tree;
}

std::string TestServer::Exchange(Connection& connection, const std::string& bytes) {
  if (!connection.WriteAll(AsBytes(bytes), In(kPatience))) return "";
  std::string answer;
  std::array<std::byte, 16384> part{};
  while (true) {
    const auto read = connection.Read(part, In(kPatience));
    if (!read || *read == 0) return answer;
    answer.append(AsText(ByteView(part).first(*read)));
    const size_t head = answer.find("\r\n\r\n");
    const size_t length = answer.find("Content-Length: ");
    if (head == std::string::npos || length == std::string::npos) continue;
    if (answer.size() >= head + 4 + std::stoul(answer.substr(length + 16))) return answer;
  }
}

std::string TestServer::Post(const std::string& path, const std::string& body,
                             const std::string& more) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Tree TestServer::BodyOf(const std::string& answer) {
  const auto response = ParseResponse(answer);
  return response ? Tree::parse(response->body, nullptr, false) : Tree();
}

int TestServer::StatusOf(const std::string& answer) {
  const auto response = ParseResponse(answer);
  return response ? response->status : 0;
}

std::string TestServer::LogIn(Connection& connection) {
  const Tree body = {
      {"data", {{"ACCOUNT_NAME", "A"}, {"LOGIN_NAME", "ADMIN"}, {"PASSWORD", "admin-password"}}}};
  const Tree answer = BodyOf(
      Exchange(connection, Post("/session/v1/login-request?warehouse=COMPUTE_WH", body.dump())));
  return answer.is_object() && answer["success"] == true
             ? answer["data"]["token"].get<std::string>()
             : "";
}

Tree TestServer::Query(Connection& connection, const std::string& token, const std::string& sql,
                       const std::string& more) {
  const std::string id = std::to_string(std::hash<std::string>()(sql));
  return BodyOf(Exchange(connection, Post("/queries/v1/query-request?requestId=" + id + more,
                                          Tree({{"sqlText", sql}}).dump(),
                                          "Authorization: Snowflake Token=\"" + token + "\"\r\n")));
}

std::string TestServer::Api(const std::string& method, const std::string& path, const Tree& body,
                            const std::string& token) {
  const auto connection = Dial();
  if (connection == nullptr) return "";
  std::string request = Post(path, body.is_null() ? "" : body.dump(),
                             "User-Agent: test\r\nAuthorization: Bearer " + token + "\r\n");
  return Exchange(*connection, method + request.substr(4));
}

std::size_t TestServer::Runs(const std::string& text) {
  std::size_t count = 0;
  const Tree journal = Control({{"command", "journal"}});
  for (const Tree& statement : journal["statements"]) {
    if (statement["text"] == text) ++count;
  }
  return count;
}

}  // namespace dbstow::doubles::snowflake
