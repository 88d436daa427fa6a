// What comes back for a statement: the head, then either rows or text. Decides whether that is a result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "clickhouse/account_profile.h"
#include "clickhouse/client.h"
#include "clickhouse/connection.h"
#include "clickhouse/errors.h"
#include "clickhouse/row_reader.h"

namespace chimera::clickhouse {

/// The reply to a statement without rows. Keeps the first 64 KiB of its text.
class TextReply : public Receiver {
 public:
  void OnHead(const ReplyHead& head) override { head_ = head; }
  bool OnBody(std::string_view bytes) override;

  const ReplyHead& Head() const { return head_; }
  /// The text for a reader: all of it, or what is not of a row.
  virtual std::string_view Text() const { return text_; }
  /// What the server says went wrong, if it does.
  std::optional<Exception> FindError() const;
  /// True when a reply that was read whole is a result.
  virtual bool IsResult() const { return IsSuccess(); }
  /// True when it is a result whatever else comes or fails.
  virtual bool IsSettled() const { return false; }

 protected:
  bool IsSuccess() const { return head_.status == 200 && ExceptionCode() == 0; }
  int ExceptionCode() const;

 private:
  ReplyHead head_;
  std::string text_;
};

/// The reply to a statement with rows.
class RowsReply : public TextReply {
 public:
  /// `profile`: what the statement was sent with.
  RowsReply(uint64_t max_rows, uint64_t max_bytes, AccountProfile profile = AccountProfile::Unrestricted())
      : rows_(max_rows, max_bytes, std::move(profile)) {}

  bool OnBody(std::string_view bytes) override;
  std::string_view Text() const override { return IsSuccess() ? rows_.Rest() : TextReply::Text(); }
  bool IsResult() const override { return IsSuccess() && Head().framed && rows_.IsWhole(); }
  bool IsSettled() const override { return rows_.Truncated(); }
  Rows TakeRows() { return rows_.Take(); }

 private:
  RowReader rows_;
};

/// The reply to a statement with a FORMAT clause, which the server sends when it has all of it.
class BytesReply : public TextReply {
 public:
  /// `take` must outlive this.
  explicit BytesReply(const TakeBytes& take) : take_(take) {}

  bool OnBody(std::string_view bytes) override;
  std::string_view Text() const override { return IsSuccess() ? std::string_view() : TextReply::Text(); }
  bool IsResult() const override { return IsSuccess() && Head().framed; }
  bool IsSettled() const override { return !taken_; }
  /// What `take` said last.
  const Status& Taken() const { return taken_; }

 private:
  const TakeBytes& take_;
  Status taken_ = Ok();
  uint64_t offset_ = 0;
};

}  // namespace chimera::clickhouse
