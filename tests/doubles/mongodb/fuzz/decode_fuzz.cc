// Every decoder of outside bytes in one program: the first byte of the input chooses which. The
// last choice runs whole commands on a node.
#include <sqlite3.h>

#include <cstdint>
#include <cstdlib>
#include <stop_token>
#include <string>
#include <string_view>

#include "doubles/mongodb/auth/scram.h"
#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/commands/dispatch.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/model/index_keys.h"
#include "doubles/mongodb/query/diff.h"
#include "doubles/mongodb/query/matcher.h"
#include "doubles/mongodb/query/pipeline.h"
#include "doubles/mongodb/query/projection.h"
#include "doubles/mongodb/query/sort.h"
#include "doubles/mongodb/query/update.h"
#include "doubles/mongodb/wire/message.h"

namespace dbstow::doubles::mongodb {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

/// A made document is a document, if perhaps nested too deep.
void RequireDocument(const std::string& made) {
  const auto valid = ValidateBson(made);
  Require(valid ? *valid == made.size() : CodeOf(valid.error()) == kOverflow);
}

void WholeMessage(std::string_view bytes) {
  if (bytes.size() < kMessageHeaderBytes) return;
  const std::string_view header_bytes = bytes.substr(0, kMessageHeaderBytes);
  const auto header = ParseHeader(header_bytes);
  if (!header) return;
  const auto request = ParseRequest(*header, bytes.substr(kMessageHeaderBytes), header_bytes);
  // Whatever was taken is a valid document that a reply can carry.
  if (!request) return;
  Require(ValidateBson(request->command).value_or(0) == request->command.size());
  Require(FrameReply(*request, 1, request->command).size() > request->command.size());
}

/// Two documents, one after the other.
bool TwoDocuments(std::string_view bytes, Document& first, Document& second) {
  const auto size = ValidateBson(bytes);
  if (!size) return false;
  first = Document(bytes.substr(0, *size));
  bytes.remove_prefix(*size);
  const auto more = ValidateBson(bytes);
  if (!more) return false;
  second = Document(bytes.substr(0, *more));
  return true;
}

void Walk(const Document& document) {
  Builder copy;
  for (const Element& element : document) {
    copy.Add(element);
    Require(CompareValues(element, element) == 0);
    (void)element.AsInt64();
    (void)element.AsString();
    if (element.IsContainer()) Walk(element.AsDocument());
  }
  Require(copy.Finish() == document.bytes());
}

void QueryParts(char which, const Document& specification, const Document& document) {
  if (which == 0) {
    const auto matcher = Matcher::Parse(specification);
    if (matcher) (void)matcher->Matches(document);
  } else if (which == 1) {
    const auto update = Update::Parse(Element(BsonType::kObject, "", specification.bytes()));
    if (!update) return;
    const auto after = update->Apply(document);
    if (after) RequireDocument(*after);
  } else if (which == 2) {
    const auto after = ApplyDiff(document, specification);
    if (after) RequireDocument(*after);
  } else if (which == 3) {
    const auto diff = MakeDiff(document, specification);
    if (diff) Require(ApplyDiff(document, *diff).value_or("") == specification.bytes());
  } else if (which == 4) {
    const auto projection = Projection::Parse(specification);
    if (projection) RequireDocument(projection->Apply(document));
  } else if (which == 5) {
    const auto pipeline = Pipeline::Parse(specification, Pipeline::Use::kQuery);
    if (pipeline) (void)pipeline->Run({document.Copy()});
  } else if (CheckSort(specification)) {
    (void)SortKey(specification, document);
  }
}

void Login(std::string_view bytes) {
  ScramServer server;
  const std::size_t half = bytes.size() / 2;
  if (!server.ReadFirst(bytes.substr(0, half))) return;
  (void)server.Challenge(std::nullopt, "nonce");
  (void)server.ReadFinal(bytes.substr(half));
}

/// Commands one after the other, on a node of their own in memory. None waits: stopping was asked
/// for.
void Commands(std::string_view bytes) {
  NodeOptions options;
  options.replica_set = "rs0";
  options.oplog_bytes = 5000;
  const auto node = Node::Open("file:node?mode=memory&folder=", options);
  Require(node.has_value());
  std::stop_source stop;
  stop.request_stop();
  Client client;
  for (int i = 0; i < 6; ++i) {
    const auto size = ValidateBson(bytes);
    if (!size) return;
    const std::string reply =
        RunCommand(**node, client, Document(bytes.substr(0, *size)), stop.get_token());
    RequireDocument(reply);
    Require(Document(reply).Has("ok"));
    bytes.remove_prefix(*size);
  }
}

}  // namespace
}  // namespace dbstow::doubles::mongodb

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // So that a node's folder can be in memory.
  sqlite3_config(SQLITE_CONFIG_URI, 1);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dbstow::doubles::mongodb;
  if (size == 0) return 0;
  const char which = static_cast<char>(data[0] % 11);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (which == 10) {
    Commands(bytes);
  } else if (which == 9) {
    WholeMessage(bytes);
  } else if (which == 8) {
    Login(bytes);
  } else if (which == 7) {
    const auto valid = ValidateBson(bytes);
    if (valid) Walk(Document(bytes.substr(0, *valid)));
  } else {
    Document first;
    Document second;
    if (TwoDocuments(bytes, first, second)) QueryParts(which, first, second);
  }
  return 0;
}
