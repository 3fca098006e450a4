#include "secrets/exec/command_line.h"

namespace dbstow::secrets {
namespace {

class Splitter {
 public:
  /// False for a backslash or quote that nothing follows.
  bool Split(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && quote_ != '\'') {
        if (++i == text.size()) return false;
        Append(text[i]);
      } else {
        Take(text[i]);
      }
    }
    if (quote_ != 0) return false;
    EndWord();
    return true;
  }
  std::vector<std::string> words;

 private:
  void Take(char c) {
    if (quote_ != 0 ? c == quote_ : c == '\'' || c == '"') {
      quote_ = quote_ != 0 ? '\0' : c;
      in_word_ = true;  // '' is an empty word
    } else if (quote_ == 0 && (c == ' ' || c == '\t')) {
      EndWord();
    } else {
      Append(c);
    }
  }
  void Append(char c) {
    word_ += c;
    in_word_ = true;
  }
  void EndWord() {
    if (in_word_) words.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  std::string word_;
  bool in_word_ = false;
  char quote_ = 0;
};

}  // namespace

Result<std::vector<std::string>> SplitCommandLine(std::string_view text) {
  Splitter splitter;
  if (!splitter.Split(text)) {
    return Error(ErrorCode::kInvalidOptions,
                 "the command of an exec secret ends inside a quote or after a backslash");
  }
  if (splitter.words.empty() || !splitter.words.front().starts_with('/')) {
    return Error(ErrorCode::kInvalidOptions, "an exec secret needs the absolute path of a program")
        .WithHint("for example exec:/usr/local/bin/get-password shop");
  }
  return std::move(splitter.words);
}

}  // namespace dbstow::secrets
