"""An IAM role, and the permissions that things grant to it.

`Statement` is what a policy is made of, here and in `EncryptionKey`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from constructs_lib._names import Refused, RoleName, checked
from constructs_lib._policy import INLINE_POLICIES_LIMIT, Statement, check_size, document

__all__ = ["Role", "Statement"]


class Role(Construct):
    """Defines a role that *trust* lets in; what it may do comes from `attach` and from grants of other constructs.

    The name must be a literal. `arn` waits for the role; `depends_on=role.attachments` also for what was attached.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, trust: str, description: str | None = None) -> None:
        super().__init__(scope, id)
        self.name: str = checked(RoleName, name, lambda: self.node.path)
        role = IamRole(self, "Resource", name=self.name, assume_role_policy=trust, description=description or None)
        self._id: str = role.name  # by reference: what uses it waits for the role
        self.arn: str = role.arn
        self.attachments: list[IamRolePolicyAttachment | IamRolePolicy] = []
        self._statements: dict[str, Statement] = {}
        self._policy: IamRolePolicy | None = None
        self._waits = False

    def attach(self, name: str, policy_arn: str) -> None:
        """Attach a managed policy; *name* says which, and is part of the attachment's address."""
        attachment = IamRolePolicyAttachment(self, name, role=self._id, policy_arn=policy_arn)
        self.attachments.append(attachment)

    def add_statement(self, statement: Statement) -> None:
        """Add *statement* to the role's own policy; see `add_statements`."""
        self.add_statements([statement])

    def add_statements(self, statements: Iterable[Statement]) -> None:
        """Add *statements* to the role's own policy; the same one twice is one.

        Raises `Refused`, and adds none of them, when another statement has the sid of one, when a sid has more than
        letters and digits, or when the policy grows past IAM's limit.
        """
        together = {**self._statements}
        for statement in statements:
            if not (statement.sid.isascii() and statement.sid.isalnum()):
                raise Refused(
                    f"{self.node.path}: the sid of a statement must be letters and digits, as IAM asks for, got "
                    f"{statement.sid!r}; leave the others out"
                )
            if together.setdefault(statement.sid, statement) != statement:
                sid = statement.sid
                raise Refused(
                    f"{self.node.path}: statement {sid!r} is there already and says something else; give one of the "
                    "two another sid"
                )
        if together and not self._waits:
            self._write_policy(together)
        self._statements = together

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Write the policy once, after all that is granted within, rather than after each grant."""
        self._waits = True
        try:
            yield
        finally:  # what was granted before an error counts
            self._waits = False
            if self._statements:
                self._write_policy(self._statements)

    def _write_policy(self, statements: Mapping[str, Statement]) -> None:
        text = document(statements[sid] for sid in sorted(statements))
        check_size(text, INLINE_POLICIES_LIMIT, lambda: self.node.path)
        if self._policy is None:
            self._policy = IamRolePolicy(self, "Policy", name="permissions", role=self._id, policy=text)
            self.attachments.append(self._policy)
        else:
            self._policy.policy = text
