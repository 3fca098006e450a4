// Every decoder of bytes that come from outside, and the handlers of whole requests, one per value
// of the first byte.
#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "doubles/snowflake/auth/jwt.h"
#include "doubles/snowflake/http/http_message.h"
#include "doubles/snowflake/service/bindings.h"
#include "doubles/snowflake/service/session_protocol.h"
#include "doubles/snowflake/service/sql_api.h"
#include "doubles/snowflake/sql/json_depth.h"
#include "doubles/snowflake/sql/parser.h"
#include "doubles/snowflake/sql/token_cursor.h"
#include "doubles/snowflake/stage/azure_stage_store.h"
#include "doubles/snowflake/stage/client_encryption.h"
#include "doubles/snowflake/stage/file_format.h"
#include "doubles/snowflake/stage/folder_stage_store.h"
#include "doubles/snowflake/stage/gzip.h"
#include "doubles/snowflake/stage/http_client.h"

namespace dbstow::doubles::snowflake {
namespace {

void TryRequest(const std::string& bytes) {
  HttpRequest request;
  const auto taken = ParseRequest(bytes, request);
  if (taken && *taken && **taken > bytes.size()) std::abort();
}

void TryCasts(const std::string& bytes) {
  for (int kind = 0; kind <= static_cast<int>(TypeKind::kBinary); ++kind) {
    const DataType type{static_cast<TypeKind>(kind), 38, 3};
    const auto value = Cast(Value(bytes), type);
    if (!value || IsNull(*value)) continue;
    // What was read and written is read again as the same.
    const auto wire = ToWire(*value);
    const auto back = FromWire(type, wire);
    if (!back || ToWire(*back) != wire) std::abort();
  }
}

void TryFiles(const std::string& bytes) {
  FileFormat format;
  static_cast<void>(ParseFile(format, bytes));
  format.enclosed_by = "\"";
  format.parse_header = true;
  static_cast<void>(ParseFile(format, bytes));
  format.type = FileType::kJson;
  format.strip_outer_array = true;
  static_cast<void>(ParseFile(format, bytes));
}

/// A server without a network, in a folder that goes with it.
class Service {
 public:
  Service() {
    std::string name = (std::filesystem::temp_directory_path() / "snowflake-fuzz-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    auto opened = Engine::Open({.folder = name, .edition = Edition::kEnterprise, .facts = {}},
                               std::make_unique<FolderStageStore>(folder_ / "stage"));
    if (!opened) std::abort();
    engine_ = std::move(*opened);
    sessions_ = std::make_unique<SessionTable>(*engine_);
    runner_ = std::make_unique<QueryRunner>(*engine_, faults_);
    protocol_ =
        std::make_unique<SessionProtocol>(*engine_, *sessions_, *runner_, faults_, options_);
    api_ = std::make_unique<SqlApi>(*engine_, *sessions_, *runner_, options_);
    const auto session = sessions_->Login({.user = "ADMIN", .password = "admin-password"},
                                          {.warehouse = "COMPUTE_WH"});
    if (!session) std::abort();
    token_ = (*session)->token;
    sessions_->AddToken("t", {"OAUTH", "ADMIN", "", engine_->Now() * 2});
  }
  ~Service() {
    runner_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void Try(const std::string& path, const std::string& authorization, const std::string& body) {
    // As the server does, which also bounds how deep a body goes.
    if (!IsShallowJson(body) || TakesLong(body)) return;
    HttpRequest request;
    request.method = "POST";
    request.path = path;
    request.query = {{"requestId", "1"}};
    request.headers = {{"authorization", authorization}, {"user-agent", "fuzz"}};
    request.body = body;
    const HttpResponse response =
        SqlApi::Owns(path) ? api_->Answer(request, {}) : protocol_->Answer(request, {});
    if (nlohmann::json::parse(response.body, nullptr, false).is_discarded()) std::abort();
  }
  [[nodiscard]] std::string session() const { return "Snowflake Token=\"" + token_ + "\""; }

 private:
  /// What a statement means is for the model's test; here it only must not wait or fill the memory.
  static bool TakesLong(const std::string& body) {
    std::string lower;
    for (const char letter : body) {
      lower += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    return lower.size() > 2000 || lower.find("generator") != std::string::npos ||
           lower.find("wait") != std::string::npos || lower.find("\\u") != std::string::npos;
  }

  std::filesystem::path folder_;
  Faults faults_;
  ServiceOptions options_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<SessionTable> sessions_;
  std::unique_ptr<QueryRunner> runner_;
  std::unique_ptr<SessionProtocol> protocol_;
  std::unique_ptr<SqlApi> api_;
  std::string token_;
};

void TryService(std::uint8_t which, const std::string& bytes) {
  // Made anew now and then: it remembers every statement.
  static std::unique_ptr<Service> service;
  static int uses = 0;
  if (service == nullptr || ++uses % 2000 == 0) service = std::make_unique<Service>();
  switch (which) {
    case 9: service->Try("/session/v1/login-request", "", bytes); break;
    case 10: service->Try("/queries/v1/query-request", service->session(), bytes); break;
    case 11: service->Try("/queries/v1/abort-request", service->session(), bytes); break;
    default: service->Try("/api/v2/statements", "Bearer t", bytes); break;
  }
}

void TryOne(std::uint8_t which, const std::string& bytes) {
  which %= 14;
  switch (which) {
    case 0: static_cast<void>(Parse(bytes)); break;
    case 1: TryRequest(bytes); break;
    case 2: static_cast<void>(Gunzip(bytes, 1 << 20)); break;
    case 3: static_cast<void>(DecodeJwt(bytes)); break;
    case 4: TryFiles(bytes); break;
    case 5: static_cast<void>(DecryptFile("0123456789abcdef", bytes, MakeMasterKey())); break;
    case 6: static_cast<void>(ParseStageLocation(bytes)); break;
    case 7: TryCasts(bytes); break;
    case 9:
    case 10:
    case 11:
    case 12: TryService(which, bytes); break;
    case 13: static_cast<void>(ParseBlobList(bytes)); break;
    default:
      static_cast<void>(ParseResponse(bytes));
      if (IsShallowJson(bytes)) {
        static_cast<void>(ReadBindings(nlohmann::json::parse(bytes, nullptr, false)));
      }
      break;
  }
}

}  // namespace
}  // namespace dbstow::doubles::snowflake

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  dbstow::doubles::snowflake::TryOne(
      data[0], std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  return 0;
}
