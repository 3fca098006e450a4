// Every decoder of bytes that come from outside, one per value of the first byte.
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "doubles/snowflake/auth/jwt.h"
#include "doubles/snowflake/http/http_message.h"
#include "doubles/snowflake/service/bindings.h"
#include "doubles/snowflake/sql/json_depth.h"
#include "doubles/snowflake/sql/parser.h"
#include "doubles/snowflake/sql/token_cursor.h"
#include "doubles/snowflake/stage/client_encryption.h"
#include "doubles/snowflake/stage/file_format.h"
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

void TryOne(std::uint8_t which, const std::string& bytes) {
  switch (which % 9) {
    case 0: static_cast<void>(Parse(bytes)); break;
    case 1: TryRequest(bytes); break;
    case 2: static_cast<void>(Gunzip(bytes, 1 << 20)); break;
    case 3: static_cast<void>(DecodeJwt(bytes)); break;
    case 4: TryFiles(bytes); break;
    case 5: static_cast<void>(DecryptFile("0123456789abcdef", bytes, MakeMasterKey())); break;
    case 6: static_cast<void>(ParseStageLocation(bytes)); break;
    case 7: TryCasts(bytes); break;
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
