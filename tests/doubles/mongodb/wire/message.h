#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

inline constexpr std::size_t kMessageHeaderBytes = 16;
inline constexpr std::size_t kMaxMessageBytes = 48000000;

enum class OpCode : std::int32_t { kReply = 1, kQuery = 2004, kCompressed = 2012, kMsg = 2013 };

struct MessageHeader {
  std::uint32_t length = 0;  ///< of the whole message
  std::int32_t request_id = 0;
  std::int32_t response_to = 0;
  OpCode op_code = OpCode::kMsg;
};

/// Errors: ProtocolError for lengths below a header or above `kMaxMessageBytes`, both of which end
/// the connection.
[[nodiscard]] Result<MessageHeader> ParseHeader(std::string_view bytes);

/// One command as it arrived, whichever way. Owns its bytes.
struct Request {
  std::int32_t request_id = 0;
  OpCode op_code = OpCode::kMsg;
  /// The command document. Document sequences of OP_MSG are already in it as arrays, at its end;
  /// `$db` is there also for OP_QUERY.
  std::string command;
  bool more_to_come = false;  ///< the sender wants no answer
  /// A document of the message is larger than any may be: to be answered with 10334, not run.
  bool oversized = false;
};

/// `body` is what follows the header. Checks the checksum when there is one. Errors: ProtocolError
/// (17), InvalidBSON (22), UnsupportedOpQueryCommand (352) for other opcodes; the connection ends.
[[nodiscard]] Result<Request> ParseRequest(const MessageHeader& header, std::string_view body,
                                           std::string_view header_bytes);

/// The answer to `request` in the same manner it was asked.
[[nodiscard]] std::string FrameReply(const Request& request, std::int32_t reply_id,
                                     std::string_view document);

}  // namespace dbstow::doubles::mongodb
