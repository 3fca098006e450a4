// Every decoder of bytes from outside. The first byte chooses.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "doubles/sqlserver/exec/like.h"
#include "doubles/sqlserver/media/http_answer.h"
#include "doubles/sqlserver/media/payload.h"
#include "doubles/sqlserver/model/row_codec.h"
#include "doubles/sqlserver/sql/parser.h"
#include "doubles/sqlserver/tds/login.h"
#include "doubles/sqlserver/tds/packet.h"
#include "doubles/sqlserver/tds/request.h"
#include "doubles/sqlserver/value/date_time.h"
#include "doubles/sqlserver/value/decimal.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

// What was decoded must be encoded as it was.
void RoundTripRow(std::string_view bytes) {
  const std::optional<Row> row = DecodeRow(bytes);
  if (row && EncodeRow(*row) != bytes) __builtin_trap();
}

// What could be read is read when it was compressed and encrypted, too.
void SealPayload(std::string_view bytes) {
  const std::optional<Payload> payload = DecodePayload(bytes, {});
  const PayloadForm form{true, "key"};
  if (payload && !DecodePayload(EncodePayload(*payload, form), form)) __builtin_trap();
}

void Decode(std::uint8_t choice, std::string_view bytes) {
  switch (choice % 16) {
    case 0: static_cast<void>(ParseBatch(bytes)); break;
    case 1: static_cast<void>(DecodePrelogin(bytes)); break;
    case 2: static_cast<void>(DecodeLogin7(bytes)); break;
    case 3: static_cast<void>(DecodeRpc(bytes, kTds74)); break;
    case 4: static_cast<void>(DecodeRpc(bytes, kTds71)); break;
    case 5: static_cast<void>(DecodeTransaction(bytes, kTds74)); break;
    case 6: static_cast<void>(DecodeMedia(bytes)); break;
    case 7: static_cast<void>(DecodePayload(bytes, {})); break;
    case 8: static_cast<void>(DecodePayload(bytes, {true, ""})); break;
    case 9: RoundTripRow(bytes); break;
    case 12: static_cast<void>(ParseHttpAnswer(bytes, false)); break;
    case 13:
      SealPayload(bytes);
      static_cast<void>(DecodePayload(bytes, {true, "key"}));
      break;
    case 14: static_cast<void>(DecodeBatch(bytes, kTds71)); break;
    case 15: static_cast<void>(DecodeTransaction(bytes, kTds71)); break;
    case 10: {
      static_cast<void>(ParseParameterList(bytes));
      static_cast<void>(ParseDateTime(bytes));
      static_cast<void>(Decimal::Parse(bytes));
      static_cast<void>(Like(bytes, bytes.substr(0, bytes.size() / 2), ""));
      break;
    }
    default: {
      static_cast<void>(DecodePacketHeader(bytes));
      if (const std::optional<std::string> sql = DecodeBatch(bytes, kTds74)) {
        static_cast<void>(ParseBatch(*sql));
      }
    }
  }
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  dbstow::doubles::sqlserver::Decode(data[0], bytes.substr(1));
  return 0;
}
