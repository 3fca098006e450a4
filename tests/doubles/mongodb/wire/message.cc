#include "doubles/mongodb/wire/message.h"

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/wire/crc32c.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::uint32_t kChecksumPresent = 1U << 0;
constexpr std::uint32_t kMoreToCome = 1U << 1;
constexpr std::uint32_t kKnownRequiredFlags = kChecksumPresent | kMoreToCome;

Error Malformed(std::string_view what) {
  return CommandFailure(kProtocolError, "malformed message: " + std::string(what));
}

template <class T>
void AppendLittle(T value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// The next document of a section.
Result<Document> TakeDocument(std::string_view& rest) {
  DBSTOW_ASSIGN(const std::size_t size, ValidateBson(rest));
  const Document document(rest.substr(0, size));
  rest.remove_prefix(size);
  return document;
}

struct Sections {
  Document body;
  bool has_body = false;
  bool oversized = false;
  std::vector<std::pair<std::string_view, std::string>> sequences;
};

Result<void> ReadBody(std::string_view& rest, Sections& sections) {
  if (sections.has_body) return Malformed("two body sections");
  DBSTOW_ASSIGN(sections.body, TakeDocument(rest));
  sections.has_body = true;
  sections.oversized |= sections.body.bytes().size() > kMaxInternalDocumentBytes;
  return {};
}

Result<void> ReadSequence(std::string_view& rest, Sections& sections) {
  if (rest.size() < 5) return Malformed("document sequence is cut short");
  const auto size = LoadLittle<std::int32_t>(rest.data());
  if (size < 5 || static_cast<std::size_t>(size) > rest.size()) {
    return Malformed("document sequence has a bad length");
  }
  std::string_view section = rest.substr(4, static_cast<std::size_t>(size) - 4);
  rest.remove_prefix(static_cast<std::size_t>(size));
  const std::size_t name_end = section.find('\0');
  if (name_end == std::string_view::npos) return Malformed("document sequence without a name");
  const std::string_view name = section.substr(0, name_end);
  section.remove_prefix(name_end + 1);
  ArrayBuilder array;
  while (!section.empty()) {
    DBSTOW_ASSIGN(const Document document, TakeDocument(section));
    sections.oversized |= document.bytes().size() > kMaxInternalDocumentBytes;
    array.Add(document);
  }
  for (const auto& [other, documents] : sections.sequences) {
    if (other == name) return Malformed("two document sequences of one name");
  }
  sections.sequences.emplace_back(name, array.Finish());
  return {};
}

Result<Request> ParseMsg(std::string_view body, std::string_view header_bytes) {
  if (body.size() < 5) return Malformed("OP_MSG is cut short");
  const auto flags = LoadLittle<std::uint32_t>(body.data());
  if ((flags & 0xFFFF & ~kKnownRequiredFlags) != 0) return Malformed("unknown required flag bits");
  std::string_view rest = body.substr(4);
  if ((flags & kChecksumPresent) != 0) {
    if (rest.size() < 4) return Malformed("no room for the checksum");
    const auto expected = LoadLittle<std::uint32_t>(rest.data() + rest.size() - 4);
    rest.remove_suffix(4);
    if (Crc32c(body.substr(0, body.size() - 4), Crc32c(header_bytes)) != expected) {
      return Malformed("OP_MSG checksum does not match contents");
    }
  }
  Sections sections;
  while (!rest.empty()) {
    const char kind = rest[0];
    rest.remove_prefix(1);
    if (kind == 0) {
      DBSTOW_TRY(ReadBody(rest, sections));
    } else if (kind == 1) {
      DBSTOW_TRY(ReadSequence(rest, sections));
    } else {
      return Malformed("unknown section kind");
    }
  }
  if (!sections.has_body) return Malformed("OP_MSG without a body");
  Builder command(sections.body);
  for (const auto& [name, documents] : sections.sequences) {
    if (sections.body.Has(name)) return Malformed("document sequence repeats a field of the body");
    command.Add(name, Array{Document(documents)});
  }
  Request request;
  request.more_to_come = (flags & kMoreToCome) != 0;
  request.oversized = sections.oversized;
  request.command = command.Finish();
  return request;
}

/// OP_QUERY lives on only for the first hello of a connection, against `<db>.$cmd`.
Result<Request> ParseQuery(std::string_view body) {
  if (body.size() < 4) return Malformed("OP_QUERY is cut short");
  std::string_view rest = body.substr(4);
  const std::size_t name_end = rest.find('\0');
  if (name_end == std::string_view::npos) return Malformed("OP_QUERY without a namespace");
  const std::string_view ns = rest.substr(0, name_end);
  rest.remove_prefix(name_end + 1);
  if (rest.size() < 8) return Malformed("OP_QUERY is cut short");
  rest.remove_prefix(8);
  DBSTOW_ASSIGN(Document command, TakeDocument(rest));
  const std::size_t dot = ns.find('.');
  if (dot == std::string_view::npos || ns.substr(dot + 1) != "$cmd") {
    return CommandFailure(kUnsupportedOpQueryCommand, "OP_QUERY is only supported for commands");
  }
  // Drivers of old wrap the command to carry a read preference.
  if (const Element wrapped = command["$query"]; wrapped.Is(BsonType::kObject)) {
    command = wrapped.AsDocument();
  }
  Request request;
  Builder builder(command);
  if (!command.Has("$db")) builder.String("$db", ns.substr(0, dot));
  request.command = builder.Finish();
  return request;
}

}  // namespace

Result<MessageHeader> ParseHeader(std::string_view bytes) {
  MessageHeader header;
  header.length = LoadLittle<std::uint32_t>(bytes.data());
  header.request_id = LoadLittle<std::int32_t>(bytes.data() + 4);
  header.response_to = LoadLittle<std::int32_t>(bytes.data() + 8);
  header.op_code = static_cast<OpCode>(LoadLittle<std::int32_t>(bytes.data() + 12));
  if (header.length < kMessageHeaderBytes || header.length > kMaxMessageBytes) {
    return Malformed("message length " + std::to_string(header.length));
  }
  return header;
}

Result<Request> ParseRequest(const MessageHeader& header, std::string_view body,
                             std::string_view header_bytes) {
  const auto parse = [&]() -> Result<Request> {
    if (header.op_code == OpCode::kMsg) return ParseMsg(body, header_bytes);
    if (header.op_code == OpCode::kQuery) return ParseQuery(body);
    return CommandFailure(
        kUnsupportedOpQueryCommand,
        "Unsupported opcode " + std::to_string(static_cast<std::int32_t>(header.op_code)));
  };
  DBSTOW_ASSIGN(Request request, parse());
  request.request_id = header.request_id;
  request.op_code = header.op_code;
  return request;
}

std::string FrameReply(const Request& request, std::int32_t reply_id, std::string_view document) {
  const bool query = request.op_code == OpCode::kQuery;
  std::string out;
  out.reserve(document.size() + 40);
  const std::size_t prefix = query ? 20 : 5;
  AppendLittle(static_cast<std::int32_t>(kMessageHeaderBytes + prefix + document.size()), out);
  AppendLittle(reply_id, out);
  AppendLittle(request.request_id, out);
  AppendLittle(static_cast<std::int32_t>(query ? OpCode::kReply : OpCode::kMsg), out);
  if (query) {
    AppendLittle(std::int32_t{8}, out);  // AwaitCapable
    AppendLittle(std::int64_t{0}, out);  // no cursor
    AppendLittle(std::int32_t{0}, out);
    AppendLittle(std::int32_t{1}, out);
  } else {
    AppendLittle(std::uint32_t{0}, out);
    out.push_back('\0');
  }
  out.append(document);
  return out;
}

}  // namespace dbstow::doubles::mongodb
